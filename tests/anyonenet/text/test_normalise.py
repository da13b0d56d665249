import pytest

from anyonenet.errors import InputError
from anyonenet.text.normalise import normalise

ENGLISH = {
    "I have 3 cats and 21 dogs.": "I have three cats and twenty one dogs.",
    "1,234,567 people": "one million two hundred and thirty four thousand five hundred and sixty seven people",
    "3.14 and -2": "three point one four and minus two",
    "It costs $5, £1.01, €0.50.": "It costs five dollars, one pound and one penny, fifty cents.",
    "$3.5 million": "three point five million dollars",
    "In 1999, 2005 and 2024": "In nineteen ninety nine, two thousand and five and twenty twenty four",
    "the 1990s and the 80s": "the nineteen nineties and the eighties",
    "at 7:00, 7:05, 12:30 p.m. or 9am": "at seven o'clock, seven oh five, twelve thirty P M or nine A M",
    "2024-03-05": "March fifth, twenty twenty four",
    "3/5/2024": "March fifth, twenty twenty four",
    "On March 5, 2024": "On March fifth, twenty twenty four",
    "the 3rd of May": "May third",
    "She may 5 times": "She may five times",
    "12.5%": "twelve point five percent",
    "-5°C or 98.6°F": "minus five degrees Celsius or ninety eight point six degrees Fahrenheit",
    "1 km, 10km/h, 6 ft": "one kilometre, ten kilometres an hour, six feet",
    "1/2, 3/4 and 2/3, ½": "one half, three quarters and two thirds, one half",
    "pages 10-20": "pages ten to twenty",
    "5-10%": "five to ten percent",
    "10:30-11:45": "ten thirty to eleven forty five",
    "Call 555-1234 or 0123": "Call five five five, one two three four or zero one two three",
    "Version 2.0.1": "Version two point zero point one",
    "a ratio of 2:1": "a ratio of two to one",
    "22nd 100th": "twenty second one hundredth",
    "Dr. Smith vs. Mr. Jones, etc.": "Doctor Smith versus Mister Jones, et cetera",
    "e.g. apples, i.e. fruit": "for example, apples, that is, fruit",
    "the U.S.A. and NASA": "the U S A and NASA",
    "R&D @ home + 5 = 10": "R and D at home plus five equals ten",
    "see www.example.com or mail me@site.org": "see example dot com or mail me at site dot org",
    "No. 5 and #7": "number five and number seven",
    "x² + y³": "x squared plus y cubed",
    "Hello... world — yes! (really?) [no]": "Hello, world, yes! really? no",
    "“Quoted” ‘text’, it’s John's": "Quoted text, it's John's",
    "hi 👋🏽 there ❤️!": "hi there!",
    "a\tb\nc\u200bd": "a b cd",
    "café naïve": "café naïve",
    "Wait?! What!!": "Wait? What!",
    "...": "",
}

CHINESE = {
    "我有3个苹果和2只猫。": "我有三个苹果和两只猫.",
    "2024年3月5日下午3:30": "二零二四年三月五日下午三点三十分",
    "2024-03-05": "二零二四年三月五日",
    "12:05，10:00": "十二点零五分,十点整",
    "90年代": "九十年代",
    "气温-5°C，20℃": "气温负五摄氏度,二十摄氏度",
    "增长了12.5%": "增长了百分之十二点五",
    "¥5.50，$3，¥100，￥1.05": "五元五角,三美元,一百元,一元零五分",
    "电话13812345678": "电话幺三八幺二三四五六七八",
    "第2名，2公里，20多岁": "第二名,两公里,二十多岁",
    "1/2": "二分之一",
    "2:1": "二比一",
    "10-20页": "十到二十页",
    "1,234": "一千二百三十四",
    "3万": "三万",
    "我用iPhone15。": "我用iPhone十五.",
    "你好……真的吗？！（是的）": "你好,真的吗?是的",
    "“引用”《书》、笔": "引用,书,笔",
    "😀你好👋": "你好",
}


@pytest.mark.parametrize("written", ENGLISH)
def test_english(written):
    assert normalise(written, "en") == ENGLISH[written]


@pytest.mark.parametrize("written", CHINESE)
def test_chinese(written):
    assert normalise(written, "zh") == CHINESE[written]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_twice_is_once(language):
    for written in ENGLISH if language == "en" else CHINESE:
        once = normalise(written, language)
        assert normalise(once, language) == once


def test_unsupported_language_is_named():
    with pytest.raises(InputError, match="'fr' is not supported"):
        normalise("bonjour", "fr")


def test_other_script_is_named():
    with pytest.raises(InputError, match="cyrillic"):
        normalise("Привет", "en")
    with pytest.raises(InputError, match="hiragana"):
        normalise("ありがとう", "zh")
