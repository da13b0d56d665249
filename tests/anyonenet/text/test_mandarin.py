import pytest

from anyonenet.errors import InputError
from anyonenet.text.mandarin import canonical_syllables, from_pinyin, pinyin_of, third_tone_sandhi
from anyonenet.text.symbols import MANDARIN


@pytest.mark.parametrize(
    ("hanzi", "syllables"),
    [
        ("你好", "ni2 hao3"),
        ("我想买水果", "wo2 xiang2 mai2 shui2 guo3"),
        ("你好,我走", "ni2 hao3 , wo2 zou3"),
        ("一个", "yi2 ge4"),
        ("一天", "yi4 tian1"),
        ("一次", "yi2 ci4"),
        ("星期一下雨", "xing1 qi1 yi1 xia4 yu3"),
        ("第一天", "di4 yi1 tian1"),
        ("二十一岁", "er4 shi2 yi1 sui4"),
        ("不是", "bu2 shi4"),
        ("就不去学校了", "jiu4 bu2 qu4 xue2 xiao4 le5"),
        ("绿色的女人", "lv4 se4 de5 nv3 ren2"),
        ("花儿", "hua1 er5"),
        ("女儿", "nv3 er2"),
        ("儿子", "er2 zi5"),
        ("银行行走", "yin2 hang2 xing2 zou3"),
    ],
)
def test_readings(hanzi, syllables):
    assert pinyin_of(hanzi) == syllables.split()


@pytest.mark.parametrize(
    ("syllable", "symbols"),
    [
        ("zhuang4", "zh_zh zh_uang4"),
        ("you3", "zh_iou3"),
        ("wu3", "zh_u3"),
        ("yu2", "zh_ü2"),
        ("ju2", "zh_j zh_ü2"),
        ("lv4", "zh_l zh_ü4"),
        ("lu:4", "zh_l zh_ü4"),
        ("nve4", "zh_n zh_üe4"),
        ("yuan2", "zh_üan2"),
        ("gui4", "zh_g zh_uei4"),
        ("liu2", "zh_l zh_iou2"),
        ("lun2", "zh_l zh_uen2"),
        ("zi5", "zh_z zh_ii5"),
        ("shi4", "zh_sh zh_iii4"),
        ("ri4", "zh_r zh_iii4"),
        ("yi1", "zh_i1"),
        ("er2", "zh_er2"),
        ("huar1", "zh_h zh_ua1 zh_er5"),
        ("ma", "zh_m zh_a5"),
        ("ma0", "zh_m zh_a5"),
        ("Hao3", "zh_h zh_ao3"),
        ("n2", "zh_en2"),
        ("weng1", "zh_ueng1"),
    ],
)
def test_syllables_split_strictly(syllable, symbols):
    assert from_pinyin([syllable]) == tuple(symbols.split())


def test_tone_that_the_table_lacks_becomes_the_nearest():
    assert from_pinyin(["jiong5"]) == ("zh_j", "zh_iong4")


def test_pauses_stay_and_part_third_tones():
    assert from_pinyin(["ni3", ",", "hao3", "."]) == ("zh_n", "zh_i3", ",", "zh_h", "zh_ao3", ".")
    assert third_tone_sandhi(["ni3", ",", "hao3", "ma5"]) == ["ni3", ",", "hao3", "ma5"]


@pytest.mark.parametrize("wrong", ["hello3", "zz1", "3", "hao9", "fi4x"])
def test_what_is_no_syllable_is_refused(wrong):
    with pytest.raises(InputError, match=r"not (pinyin|a syllable)"):
        from_pinyin([wrong])


def test_canonical_syllables():
    assert canonical_syllables("Lü4") == ("lv4",)
    assert canonical_syllables("wanr2") == ("wan2", "er5")


def test_every_final_of_the_table_can_be_written():
    from pypinyin.constants import PINYIN_DICT
    from pypinyin.contrib.tone_convert import to_tone3

    syllables = {to_tone3(one, neutral_tone_with_five=True) for all_ in PINYIN_DICT.values() for one in all_.split(",")}
    spoken = set()
    for syllable in syllables:
        try:
            spoken.update(from_pinyin([syllable]))
        except InputError:
            continue  # readings of rare characters that no syllable table holds
    assert set(MANDARIN) <= spoken
