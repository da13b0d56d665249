"""Digits, signs and units of Chinese text as hanzi."""

from __future__ import annotations

import re
from collections.abc import Callable

_DIGITS = "零一二三四五六七八九"
_CURRENCIES = {"$": "美元", "US$": "美元", "¥": "元", "￥": "元", "£": "英镑", "€": "欧元", "₹": "卢比"}
_UNITS = {
    "km/h": "公里每小时", "m/s": "米每秒", "km": "公里", "cm": "厘米", "mm": "毫米", "m": "米", "kg": "公斤",
    "mg": "毫克", "g": "克", "ml": "毫升", "L": "升", "l": "升", "°C": "摄氏度", "℃": "摄氏度", "°F": "华氏度",
    "℉": "华氏度", "°": "度", "kHz": "千赫", "MHz": "兆赫", "GHz": "吉赫", "Hz": "赫兹", "kW": "千瓦",
    "KB": "千字节", "MB": "兆字节", "GB": "吉字节", "㎡": "平方米", "m2": "平方米", "ms": "毫秒", "min": "分钟",
    "h": "小时", "s": "秒",
}  # fmt: skip
_MEASURE_WORDS = (
    "公个只条张本件位名年天月周次块元角分斤里米辆头匹家间座岁号层楼杯瓶碗盘双对副点页章节句首部台艘架颗粒枚"
)
"""after these two is 两, not 二"""
_SIGNS = {
    "&": "和", "+": "加", "=": "等于", "×": "乘", "÷": "除以", "±": "正负", "%": "百分之", "@": " at ",
}  # fmt: skip
_NUMBER = r"\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_NOT_MEASURED = "年月日号分角里层楼章页"


def chinese_words(text: str) -> str:
    """Replace what is not words; the order of the rules matters, the most particular stands first."""
    for pattern, replace in _RULES:
        text = re.sub(pattern, replace, text)
    for sign, word in _SIGNS.items():
        text = text.replace(sign, word)
    return text.replace("/", "，")


def _cardinal(number: str) -> str:
    """A number in digits; a leading zero or more than 16 digits: digit by digit."""
    whole, _, decimals = number.replace(",", "").partition(".")
    if len(whole) > 16 or (len(whole) > 1 and whole[0] == "0"):
        words = _digits(whole)
    else:
        from cn2an import an2cn  # slow to import, and many texts hold no number

        words = an2cn(whole, "low")
    return words + ("点" + _digits(decimals) if decimals else "")


def _digits(number: str, one: str = "一") -> str:
    return "".join(_DIGITS[int(digit)] for digit in number).replace("一", one)


def _date(match: re.Match[str]) -> str:
    year, month, day = match.groups()
    if 1 <= int(month) <= 12 and 1 <= int(day) <= 31:
        return f"{_digits(year)}年{_cardinal(str(int(month)))}月{_cardinal(str(int(day)))}日"
    return "，".join(_cardinal(part) for part in (year, month, day))


def _clock(match: re.Match[str]) -> str:
    hour, minute, second = int(match[1]), int(match[2]), match[3]
    words = ("两" if hour == 2 else _cardinal(str(hour))) + "点"
    if minute:
        words += ("零" if minute < 10 else "") + _cardinal(str(minute)) + "分"
    elif not second:
        words += "整"
    if second:
        words += ("零" if int(second) < 10 else "") + _cardinal(str(int(second))) + "秒"
    return words


def _money(match: re.Match[str]) -> str:
    unit, amount, scale = _CURRENCIES[match[1]], match[2].replace(",", ""), match[3] or ""
    whole, _, cents = amount.partition(".")
    if unit != "元" or scale or len(cents) > 2 or not cents.strip("0"):
        short = amount if cents.strip("0") else whole
        return ("两" if short == "2" else _cardinal(short)) + scale + unit
    tenths, hundredths = cents[0], (cents + "0")[1]
    words = _cardinal(whole) + "元" if int(whole) else ""
    words += f"{_DIGITS[int(tenths)]}角" if tenths != "0" else "零" if words else ""
    return words + (f"{_DIGITS[int(hundredths)]}分" if hundredths != "0" else "")


def _percent(match: re.Match[str]) -> str:
    return ("负" if match[1] else "") + "百分之" + _cardinal(match[2])


def _measure(match: re.Match[str]) -> str:
    return ("两" if match[1] == "2" else _cardinal(match[1])) + _UNITS[match[2]]


def _counted(match: re.Match[str]) -> str:
    if match[2] in _NOT_MEASURED:
        return _cardinal(match[1]) + match[2]
    return "两" + match[2]


def _plain(match: re.Match[str]) -> str:
    number = match[0]
    if re.fullmatch(r"1\d{10}|\d{7,8}|0\d+|\d{17,}", number):  # telephone numbers and codes
        return _digits(number, one="幺")
    return _cardinal(number)


_UNIT_NAMES = "|".join(re.escape(unit) for unit in sorted(_UNITS, key=len, reverse=True))
_RULES: tuple[tuple[str, Callable[[re.Match[str]], str]], ...] = (
    (r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)", _date),
    (r"(?<!\d)\d{2}(?=年代)", lambda match: _cardinal(match[0])),
    (r"(\d{4}|\d{2})(?=年(?!级|龄|纪))", lambda match: _digits(match[1])),
    (r"(?<!\d)(\d{1,2}):(\d{2})(?::(\d{2}))?(?!\d)", _clock),
    (rf"(US\$|[$£€¥￥₹])\s?({_NUMBER})\s?([万亿])?", _money),
    (rf"(-?)({_NUMBER})\s?%", _percent),
    (rf"(?<![A-Za-z\d.])-(?={_NUMBER})", lambda match: "负"),
    (r"(?<![\d.])(\d{1,3})/(\d{1,3})(?![\d/])", lambda match: f"{_cardinal(match[2])}分之{_cardinal(match[1])}"),
    (rf"({_NUMBER})\s?({_UNIT_NAMES})(?![A-Za-z])", _measure),
    (r"(?<=\d)\s?[-~～]\s?(?=\d{1,4}(?![-\d]))(?<!-\d)(?<!-\d\d)(?<!-\d{3})(?<!-\d{4})", lambda match: "到"),
    (r"(?<=\d)-(?=\d)", lambda match: ""),
    (r"(?<!\d)(\d+):(\d+)(?!\d)", lambda match: f"{_cardinal(match[1])}比{_cardinal(match[2])}"),
    (r"(?<![.\d])\d+(?:\.\d+){2,}", lambda match: "点".join(map(_cardinal, match[0].split(".")))),
    (rf"(?<![\d.第])(2)([{_MEASURE_WORDS}])", _counted),
    (rf"{_NUMBER}", _plain),
)  # fmt: skip
