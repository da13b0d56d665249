"""Digits, signs and abbreviations of English text as words."""

from __future__ import annotations

import re
from collections.abc import Callable

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_MONTH = {name[:3].lower(): name for name in _MONTHS}
_MONTH_NAMES = "|".join(_MONTHS) + "|" + "|".join(f"{name[:3]}\\.?" for name in _MONTHS) + r"|Sept\.?"
_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_CURRENCIES = {
    "$": ("dollar", "dollars", "cent", "cents"),
    "US$": ("U S dollar", "U S dollars", "cent", "cents"),
    "£": ("pound", "pounds", "penny", "pence"),
    "€": ("euro", "euros", "cent", "cents"),
    "¥": ("yuan", "yuan", "fen", "fen"),
    "₹": ("rupee", "rupees", "paisa", "paise"),
}
_UNITS = {
    "km/h": ("kilometre an hour", "kilometres an hour"), "kph": ("kilometre an hour", "kilometres an hour"),
    "mph": ("mile an hour", "miles an hour"), "m/s": ("metre a second", "metres a second"),
    "km": ("kilometre", "kilometres"), "cm": ("centimetre", "centimetres"), "mm": ("millimetre", "millimetres"),
    "m": ("metre", "metres"), "kg": ("kilogram", "kilograms"), "mg": ("milligram", "milligrams"),
    "g": ("gram", "grams"), "lbs": ("pound", "pounds"), "lb": ("pound", "pounds"), "oz": ("ounce", "ounces"),
    "ft": ("foot", "feet"), "ml": ("millilitre", "millilitres"), "l": ("litre", "litres"),
    "°C": ("degree Celsius", "degrees Celsius"), "°F": ("degree Fahrenheit", "degrees Fahrenheit"),
    "°": ("degree", "degrees"), "kHz": ("kilohertz", "kilohertz"), "MHz": ("megahertz", "megahertz"),
    "GHz": ("gigahertz", "gigahertz"), "Hz": ("hertz", "hertz"), "kW": ("kilowatt", "kilowatts"),
    "kB": ("kilobyte", "kilobytes"), "KB": ("kilobyte", "kilobytes"), "MB": ("megabyte", "megabytes"),
    "GB": ("gigabyte", "gigabytes"), "TB": ("terabyte", "terabytes"), "ms": ("millisecond", "milliseconds"),
    "min": ("minute", "minutes"), "hrs": ("hour", "hours"), "hr": ("hour", "hours"), "h": ("hour", "hours"),
    "s": ("second", "seconds"),
}  # fmt: skip
_ABBREVIATIONS = {
    r"Mr\.?": "Mister", r"Mrs\.?": "Missus", r"Ms\.": "Miz", r"Dr\.?": "Doctor", r"Prof\.": "Professor",
    r"St\.": "Saint", r"Jr\.": "Junior", r"Sr\.": "Senior", r"Gen\.": "General", r"Capt\.": "Captain",
    r"Lt\.": "Lieutenant", r"Sgt\.": "Sergeant", r"Rev\.": "Reverend", r"vs\.?": "versus", r"etc\.?": "et cetera",
    r"e\.g\.": "for example,", r"i\.e\.": "that is,", r"approx\.": "approximately", r"dept\.": "department",
    r"Inc\.": "Incorporated", r"Ltd\.": "Limited", r"Co\.": "Company", r"Ave\.": "Avenue", r"Mt\.": "Mount",
    r"Fig\.": "Figure", r"pp\.": "pages", r"a\.k\.a\.": "also known as", r"w/": "with",
}  # fmt: skip
_SIGNS = {
    "&": " and ",
    "+": " plus ",
    "=": " equals ",
    "@": " at ",
    "×": " times ",
    "÷": " divided by ",
    "±": " plus or minus ",
}
_NUMBER = r"\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_SCALES = "hundred|thousand|million|billion|trillion"


def english_words(text: str) -> str:
    """Replace what is not words; the order of the rules matters, the most particular stands first."""
    for pattern, word in _ABBREVIATIONS.items():
        text = re.sub(rf"(?<![\w.]){pattern}(?=\s|[,;:?!)]|$)", word, text)
    text = re.sub(r"\b(?:No|no|№|Nos)\.?\s?(?=\d)|№\s?|#(?=\d)", "number ", text)
    text = re.sub(r"(?i)\b(?:https?://)?www\.|https?://", "", text)
    text = re.sub(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|\b(?:www\.)?[A-Za-z][\w-]*(?:\.[a-z]{2,})+\b(?:/\S*)?", _address, text)
    text = re.sub(
        r"\b(?:[A-Za-z]\.){2,}", lambda match: " ".join(match.group().replace(".", " ").upper().split()), text
    )
    for pattern, replace in _RULES:
        text = re.sub(pattern, replace, text)
    for sign, word in _SIGNS.items():
        text = text.replace(sign, word)
    return text.replace("/", " ").replace("%", " percent ")


def _address(match: re.Match[str]) -> str:
    spoken = match.group().rstrip("/")
    for sign, word in ((".", " dot "), ("@", " at "), ("/", " slash "), ("-", " dash "), ("_", " underscore ")):
        spoken = spoken.replace(sign, word)
    return re.sub(r"\d", lambda digit: f" {_DIGITS[int(digit.group())]} ", spoken)


def _cardinal(number: str) -> str:
    """A number in digits, with commas or a decimal point; a leading zero or more than 12 digits: digit by digit."""
    whole, _, decimals = number.replace(",", "").partition(".")
    if len(whole) > 12 or (len(whole) > 1 and whole[0] == "0"):
        words = " ".join(_DIGITS[int(digit)] for digit in whole)
    else:
        words = _spelled(whole, "cardinal")
    if decimals:
        words += " point " + " ".join(_DIGITS[int(digit)] for digit in decimals)
    return words.replace("-", " ")


def _ordinal(number: str) -> str:
    return _spelled(number.replace(",", ""), "ordinal").replace("-", " ")


def _year(number: str) -> str:
    return _spelled(number, "year").replace("-", " ")


def _spelled(number: str, to: str) -> str:
    from num2words import num2words  # brings fifty languages; many texts hold no number

    return num2words(int(number), to=to).replace(",", "")


def _decade(match: re.Match[str]) -> str:
    words = _year(match.group(1)) if len(match.group(1)) == 4 else _cardinal(match.group(1))
    return words[:-1] + "ies" if words.endswith("y") else words + "s"


def _money(match: re.Match[str]) -> str:
    one, many, small_one, small_many = _CURRENCIES[match.group(1)]
    amount, scale = match.group(2).replace(",", ""), match.group(3)
    if scale:
        return f"{_cardinal(amount)} {scale} {many}"
    whole, _, cents = amount.partition(".")
    parts = []
    if int(whole) or not cents.strip("0"):
        parts.append(f"{_cardinal(whole)} {one if int(whole) == 1 else many}")
    if len(cents) > 2:
        return f"{_cardinal(amount)} {many}"
    if cents.strip("0"):
        count = int(cents.ljust(2, "0"))
        parts.append(f"{_cardinal(str(count))} {small_one if count == 1 else small_many}")
    return " and ".join(parts)


def _clock(match: re.Match[str]) -> str:
    hour, minute, second, half = int(match.group(1)), int(match.group(2)), match.group(3), match.group(4)
    words = _cardinal(str(hour))
    if minute:
        words += (" oh " if minute < 10 else " ") + _cardinal(str(minute))
    elif not half and not second:
        words += " o'clock" if 1 <= hour <= 12 else " hundred"
    if second:
        words += f" and {_cardinal(str(int(second)))} seconds"
    return f"{words} {_half_of_day(half)} " if half else words


def _half_of_day(mark: str) -> str:
    """`p.m.` as the letters that are spoken."""
    return " ".join(mark.replace(".", "").upper())


def _date(year: str | None, month: int | str, day: str) -> str:
    name = _MONTHS[month - 1] if isinstance(month, int) else _MONTH[month[:3].lower()]
    return f"{name} {_ordinal(day)}" + (f", {_year(year)}" if year else "")


def _date_in_figures(match: re.Match[str]) -> str:
    """Year-month-day or month/day/year; other figures are read one after the other."""
    numbers = re.findall(r"\d+", match[0])
    year, month, day = numbers if len(numbers[0]) == 4 else (numbers[2], numbers[0], numbers[1])
    if 1 <= int(month) <= 12 and 1 <= int(day) <= 31:
        return _date(year, int(month), str(int(day)))
    return " ".join(map(_cardinal, numbers))


def _fraction(match: re.Match[str]) -> str:
    top, bottom = int(match.group(1)), int(match.group(2))
    if not 2 <= bottom <= 100:
        return f"{_cardinal(match.group(1))} over {_cardinal(match.group(2))}"
    part = {2: "half", 4: "quarter"}.get(bottom) or _ordinal(str(bottom))
    if top != 1:
        part = "halves" if bottom == 2 else part + "s"
    return f"{_cardinal(str(top))} {part}"


def _measure(match: re.Match[str]) -> str:
    one, many = _UNITS[match.group(2)]
    return f"{_cardinal(match.group(1))} {one if match.group(1) == '1' else many}"


def _telephone(match: re.Match[str]) -> str:
    """Digit by digit, with a short pause between the groups."""
    groups = re.findall(r"\d+", match[0])
    return ", ".join(" ".join(_DIGITS[int(digit)] for digit in group) for group in groups)


def _plain(match: re.Match[str]) -> str:
    number = match.group()
    if re.fullmatch(r"1[1-9]\d\d|20\d\d", number):
        return f" {_year(number)} "
    return f" {_cardinal(number)} "


_UNIT_NAMES = "|".join(re.escape(unit) for unit in sorted(_UNITS, key=len, reverse=True))
_RULES: tuple[tuple[str, Callable[[re.Match[str]], str]], ...] = (
    (r"\b\d{4}[-/]\d{1,2}[-/]\d{1,2}\b|\b\d{1,2}/\d{1,2}/\d{4}\b", _date_in_figures),
    (
        r"(?<!\d)(?:\+?\d{1,3}[-. ])?\(?\d{3}\)?[-. ]\d{3}[-. ]\d{4}(?!\d)|(?<![-\d])\d{3}-\d{4}(?![-\d])",
        _telephone,
    ),
    (r"(?<![.\d])\d+(?:\.\d+){2,}", lambda match: " point ".join(map(_cardinal, match[0].split(".")))),
    (r"(?<=\d)\s?-\s?(?=[$£€]?\d)", lambda match: " to "),
    (r"(?i)\b(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\s?(a\.?m\b\.?|p\.?m\b\.?))?", _clock),
    (
        r"(?i)\b(\d{1,2})\s?(a\.m\.|p\.m\.|am\b|pm\b)",
        lambda match: f"{_cardinal(match[1])} {_half_of_day(match[2])} ",
    ),
    (
        rf"\b({_MONTH_NAMES})\s(\d{{1,2}})(?:st|nd|rd|th)?(?:,?\s(\d{{4}}))?\b(?!:)",
        lambda match: _date(match[3], match[1], match[2]),
    ),
    (
        rf"\b(?:the )?(\d{{1,2}})(?:st|nd|rd|th)?(?: of)?\s({_MONTH_NAMES})(?![a-z])(?:,?\s(\d{{4}})\b)?",
        lambda match: _date(match[3], match[2], match[1]),
    ),
    (rf"(US\$|[$£€¥₹])\s?({_NUMBER})(?:\s({_SCALES})\b)?", _money),
    (r"\b(\d{2}|\d{3}0)'?s\b", _decade),
    (rf"({_NUMBER})\s?%", lambda match: f"{_cardinal(match[1])} percent"),
    (rf"(?<![\w.])-(?=(?:{_NUMBER}))", lambda match: "minus "),
    (rf"({_NUMBER})\s?({_UNIT_NAMES})(?![A-Za-z])", _measure),
    (r"\b(\d+(?:,\d{3})*)(?:st|nd|rd|th)\b", lambda match: _ordinal(match[1])),
    (r"\b(\d{1,3})/(\d{1,3})\b", _fraction),
    (r"\b(\d+):(\d+)\b", lambda match: f"{_cardinal(match[1])} to {_cardinal(match[2])}"),
    (r"(?<=\byear )1\d{3}\b", lambda match: _year(match[0])),
    (rf"{_NUMBER}", _plain),
)
