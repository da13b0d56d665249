import pickle

import numpy as np
import pytest

from anyonenet.errors import CorpusError
from datamodules.store import Store, StoreWriter


def make(folder, options, count=3):
    with StoreWriter(folder, options) as writer:
        for i in range(count):
            arrays = {"mel": np.full((i + 1, 4), i, np.float32), "ids": np.arange(2 * i, dtype=np.int64)}
            writer.add({"id": f"u{i}"}, arrays)
    return Store(folder, options)


def test_round_trip(tmp_path):
    store = make(tmp_path / "store", {"rate": 16000})
    assert list(store.manifest["id"]) == ["u0", "u1", "u2"] and len(store) == 3
    assert store.lengths("mel").tolist() == [1, 2, 3]
    assert np.array_equal(store.array("mel", 1), np.ones((2, 4), np.float32))
    assert store.array("ids", 0).shape == (0,) and store.array("ids", 2).tolist() == [0, 1, 2, 3]
    twin = pickle.loads(pickle.dumps(store))
    assert np.array_equal(twin.array("mel", 2), store.array("mel", 2))


def test_other_options_are_refused_by_name(tmp_path):
    make(tmp_path / "store", {"rate": 16000, "trim": True})
    with pytest.raises(CorpusError, match=r"rate = 16000, wanted 24000"):
        Store(tmp_path / "store", {"rate": 24000, "trim": True})


def test_failure_leaves_nothing(tmp_path):
    with pytest.raises(RuntimeError), StoreWriter(tmp_path / "store", {}) as writer:
        writer.add({"id": "a"}, {"mel": np.zeros((1, 2), np.float32)})
        raise RuntimeError("killed")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(CorpusError, match=r"store\.json is missing"):
        Store(tmp_path / "store")


def test_empty_store_is_refused_and_skips_are_listed(tmp_path):
    with pytest.raises(CorpusError, match="1 sources, all skipped"), StoreWriter(tmp_path / "a", {}) as writer:
        writer.skip("x.wav", "empty file")
    with StoreWriter(tmp_path / "b", {}) as writer:
        writer.add({"id": "a"}, {"mel": np.zeros((1, 2), np.float32)})
        writer.skip("x.wav", "empty file", "read")
    listed = (tmp_path / "b" / "skipped.csv").read_text().splitlines()
    assert listed == ["path,reason,stage", "x.wav,empty file,read"]


def test_inconsistent_items_are_refused(tmp_path):
    with StoreWriter(tmp_path / "a", {}) as writer:
        writer.add({}, {"mel": np.zeros((1, 2), np.float32)})
        with pytest.raises(ValueError, match="the store has"):
            writer.add({}, {"mel": np.zeros((1, 3), np.float32)})
        with pytest.raises(ValueError, match="item has arrays"):
            writer.add({}, {"ids": np.zeros(1)})
