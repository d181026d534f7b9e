"""Brings packed arrays of research sets into the format that their authors publish.

    pip install numpy Pillow
    python xtask/unpack.py gtsrb gtsrb_32_third.npz data      # data/GTSRB/Final_Training, Final_Test
    python xtask/unpack.py kermany kermany_train_64.npz data  # data/chest_xray/train/{NORMAL,PNEUMONIA}/NAME.jpeg
    python xtask/unpack.py austen data/austen data            # data/austen/*.txt, of what `cargo xtask data austen` brought
"""

import gzip
import lzma
import struct
import sys
import zlib
from pathlib import Path

GTSRB_HEADER = "Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId\n"


def gtsrb(npz: Path, folder: Path) -> None:
    """Images, labels and tracks as the folders of the German Traffic Sign Recognition Benchmark. The arrays say
    nothing of regions of interest: the region of an image is the whole image."""
    import numpy as np
    from PIL import Image

    arrays = np.load(npz)
    rows = {}
    frames = {}
    for pixels, label, track in zip(arrays["train_images"], arrays["train_labels"], arrays["train_tracks"]):
        kind, sign = track.split("_")
        assert int(kind) == label, f"track {track} has label {label}"
        frame = frames.get(track, 0)
        frames[track] = frame + 1
        of_class = folder / "GTSRB/Final_Training/Images" / kind
        of_class.mkdir(parents=True, exist_ok=True)
        name = f"{sign}_{frame:05}.ppm"
        Image.fromarray(pixels).save(of_class / name)
        rows.setdefault(of_class / f"GT-{kind}.csv", []).append(gtsrb_row(name, pixels, label))
    test = folder / "GTSRB/Final_Test/Images"
    test.mkdir(parents=True, exist_ok=True)
    for place, (pixels, label) in enumerate(zip(arrays["test_images"], arrays["test_labels"])):
        name = f"{place:05}.ppm"
        Image.fromarray(pixels).save(test / name)
        rows.setdefault(test / "GT-final_test.csv", []).append(gtsrb_row(name, pixels, label))
    for path, lines in rows.items():
        path.write_text(GTSRB_HEADER + "".join(lines))


def gtsrb_row(name, pixels, label) -> str:
    height, width, _ = pixels.shape
    return f"{name};{width};{height};0;0;{width - 1};{height - 1};{label}\n"


def kermany(npz: Path, folder: Path) -> None:
    """The arrays `images` [N, H, W] and `names` [N], such as `PNEUMONIA/person1_virus_6.jpeg`, as files of these
    names. They hold PNG, which loses nothing; what a name ends in tells readers nothing of the format."""
    import numpy as np
    from PIL import Image

    arrays = np.load(npz)
    train = folder / "chest_xray/train"
    for name, image in zip(arrays["names"], arrays["images"]):
        path = train / str(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(path, format="png")


# In the order in which they were published: the last one is held out.
NOVELS = ["sensesensibility", "prideprejudice", "mansfieldpark", "emma", "northangerabbey", "persuasion"]


def austen(package: Path, folder: Path) -> None:
    """The novels of the R package janeaustenr, whose lazy-load database holds vectors of lines, as text files."""
    index = RObject(gzip.decompress((package / "Rdata.rdx").read_bytes())).read()
    database = (package / "Rdata.rdb").read_bytes()
    (folder / "austen").mkdir(parents=True, exist_ok=True)
    for place, name in enumerate(NOVELS):
        offset, length = index["variables"][name]
        lines = RObject(expanded(database[offset : offset + length])).read()
        text = "\n".join(lines) + "\n"
        (folder / "austen" / f"{place + 1}_{name}.txt").write_text(text, encoding="utf-8")


def expanded(entry: bytes) -> bytes:
    """An entry of the database: its length, and unless zlib made it a letter of the compression."""
    if entry[4:5] == b"Z":
        return lzma.decompress(entry[5:], format=lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA2, "preset": 6}])
    return zlib.decompress(entry[4:])


class RObject:
    """What R's `serialize` wrote in its binary form (R internals, section 1.8), as far as it holds lists, truths, whole numbers
    and texts."""

    def __init__(self, data: bytes):
        self.data, self.at, self.symbols = data, 2, []
        (version,) = self.ints(3)[:1]
        if version == 3:
            self.bytes(self.ints(1)[0])  # the encoding of texts that name none

    def bytes(self, count):
        self.at += count
        return self.data[self.at - count : self.at]

    def ints(self, count):
        return struct.unpack(f">{count}i", self.bytes(4 * count))

    def read(self):
        (flags,) = self.ints(1)
        kind, has_attributes = flags & 255, flags & 512
        if kind == 254:  # NULL
            return None
        if kind == 255:  # a symbol that was written before
            return self.symbols[(flags >> 8) - 1]
        if kind == 1:  # a symbol
            self.symbols.append(self.read())
            return self.symbols[-1]
        if kind == 2:  # pairs of names and values
            name = self.read() if flags & 1024 else None
            value = self.read()
            return {name: value} | (self.read() or {})
        if kind == 9:  # a text
            (count,) = self.ints(1)
            return self.bytes(count).decode("utf-8") if count >= 0 else ""
        if kind not in (10, 13, 16, 19):
            sys.exit(f"an R object of the type {kind} isn't understood")
        (count,) = self.ints(1)
        values = list(self.ints(count)) if kind in (10, 13) else [self.read() for _ in range(count)]
        names = self.read().get("names") if has_attributes else None
        return dict(zip(names, values)) if names else values


SETS = {"gtsrb": gtsrb, "kermany": kermany, "austen": austen}

if __name__ == "__main__":
    if len(sys.argv) != 4 or sys.argv[1] not in SETS:
        sys.exit(__doc__)
    SETS[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]))
