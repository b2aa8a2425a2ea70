#!/usr/bin/env python3
"""Writes augmentation.json: images as docs/augmentation.md says that they are augmented, one number at a time.

Nothing but Python: the sines are its own, areas are fractions, all else is in float64. Turned images are what lies
between the pixels, before it is rounded to the grid of positions and to bytes.
"""
import json
import math
import pathlib
from fractions import Fraction

HEIGHT, WIDTH, CHANNELS, IMAGES = 7, 6, 3, 9
SEED = 0x1234567890ABCDEF
SAMPLES = [0, 5, 8]
AUGMENT = 3  # the purpose of the stream

CASES = [  # text, epoch, size of the result (None: as it was)
    ("crop=3", 0, None),
    ("crop=3:edge", 1, None),
    ("crop=9:reflect", 2, None),
    ("flip", 3, None),
    ("flip=alternate", 6, None),
    ("flip=alternate", 7, None),
    ("rotate=15", 8, None),
    ("crop=2:reflect,rotate=180", 9, None),
    ("cutout=3", 10, None),
    ("sharpen=1.2", 11, None),
    ("brightness=0.4", 12, None),
    ("contrast=0.8", 13, None),
    ("saturation=0.9", 14, None),
    ("hue=0.3", 15, None),
    ("mixup=1", 16, None),
    ("cutmix=1", 17, None),
    ("mixup=1,cutmix=1", 18, None),
    ("none", 19, (4, 4)),
    ("crop=2:edge,flip,cutout=2,sharpen=2,brightness=0.1,contrast=0.2,saturation=0.5,hue=0.05,mixup=1", 20, (5, 4)),
]


def philox(counter, key):
    """Philox4x32-10 of Salmon et al. 2011."""
    for _ in range(10):
        a, b = 0xD2511F53 * counter[0], 0xCD9E8D57 * counter[2]
        counter = [(b >> 32) ^ counter[1] ^ key[0], b % 2**32, (a >> 32) ^ counter[3] ^ key[1], a % 2**32]
        key = [(key[0] + 0x9E3779B9) % 2**32, (key[1] + 0xBB67AE85) % 2**32]
    return counter


def draw(sample, i, epoch):
    block = i // 4 * 2**48 + sample
    return philox([block % 2**32, block >> 32, epoch, AUGMENT], [SEED % 2**32, SEED >> 32])[i % 4]


def stored_images():
    """Pixels from a linear congruence, so that neighbours differ."""
    state, images = 1, []
    for _ in range(IMAGES):
        image = []
        for _ in range(HEIGHT):
            row = []
            for _ in range(WIDTH):
                pixel = []
                for _ in range(CHANNELS):
                    state = (state * 1103515245 + 12345) % 2**31
                    pixel.append(state >> 16 & 255)
                row.append(pixel)
            image.append(row)
        images.append(image)
    return images


def parse(text):
    options = {}
    for item in text.split(","):
        name, _, value = item.partition("=")
        value, _, mode = value.partition(":")
        options[name] = (value, mode)
    return options


def mirrored(i, count):
    while not 0 <= i < count:
        i = -i if i < 0 else 2 * (count - 1) - i
    return i


class Look:
    """One sample, augmented by itself."""

    def __init__(self, image, sample, text, epoch, size):
        self.image, self.sample, self.epoch = image, sample, epoch
        self.options, self.size = parse(text), size or (HEIGHT, WIDTH)

    def option(self, name):
        return float(self.options.get(name, ("0", ""))[0] or 1)

    def below(self, i, count):
        return draw(self.sample, i, self.epoch) * count >> 32

    def unit(self, i):
        return (draw(self.sample, i, self.epoch) >> 8) / 2**24

    def factor(self, name, i):
        return 1 + self.option(name) * (2 * self.unit(i) - 1)

    def angle(self, turns, i):
        limit = round(turns * 2**24)
        return 2 * math.pi * (self.below(i, 2 * limit + 1) - limit) / 2**24

    def turned(self, h, w, c):
        if "rotate" not in self.options:
            return self.image[h][w][c]
        angle = self.angle(self.option("rotate") / 360, 3)
        x, y = w - (WIDTH - 1) / 2, h - (HEIGHT - 1) / 2
        across = (WIDTH - 1) / 2 + x * math.cos(angle) + y * math.sin(angle)
        down = (HEIGHT - 1) / 2 - x * math.sin(angle) + y * math.cos(angle)
        left, top = math.floor(across), math.floor(down)
        value = 0
        for i, row_part in ((top, 1 - (down - top)), (top + 1, down - top)):
            for j, column_part in ((left, 1 - (across - left)), (left + 1, across - left)):
                value += row_part * column_part * self.image[mirrored(i, HEIGHT)][mirrored(j, WIDTH)][c]
        return value

    def cropped(self, h, w, c):
        kind = self.options.get("flip")
        if kind:
            first = draw(self.sample, 2, 0 if kind[0] == "alternate" else self.epoch) >= 2**31
            if first != (kind[0] == "alternate" and self.epoch % 2 == 1):
                w = WIDTH - 1 - w
        padding, border = self.options.get("crop", ("0", ""))
        h += self.below(0, 2 * int(padding) + 1) - int(padding)
        w += self.below(1, 2 * int(padding) + 1) - int(padding)
        if border == "edge":
            h, w = min(max(h, 0), HEIGHT - 1), min(max(w, 0), WIDTH - 1)
        elif border == "reflect":
            h, w = mirrored(h, HEIGHT), mirrored(w, WIDTH)
        elif not (0 <= h < HEIGHT and 0 <= w < WIDTH):
            return 0
        return self.turned(h, w, c)

    def byte(self, h, w, c):
        if self.size == (HEIGHT, WIDTH):
            return self.cropped(h, w, c)
        mean = Fraction(0)
        for i in range(HEIGHT):
            for j in range(WIDTH):
                tall = min(Fraction((h + 1) * HEIGHT, self.size[0]), i + 1) - max(Fraction(h * HEIGHT, self.size[0]), i)
                wide = min(Fraction((w + 1) * WIDTH, self.size[1]), j + 1) - max(Fraction(w * WIDTH, self.size[1]), j)
                if tall > 0 and wide > 0:
                    mean += tall * wide * self.cropped(i, j, c)
        return math.floor(mean * self.size[0] * self.size[1] / (HEIGHT * WIDTH) + Fraction(1, 2))

    def sharpened(self, h, w, c):
        own = self.byte(h, w, c)
        if "sharpen" not in self.options or h in (0, self.size[0] - 1) or w in (0, self.size[1] - 1):
            return own
        around = sum(self.byte(h + i, w + j, c) for i in (-1, 0, 1) for j in (-1, 0, 1)) - own
        blurred = (5 * own + around) / 13
        factor = 1 + self.option("sharpen") * self.unit(6)
        return blurred + factor * (own - blurred)

    def cut(self, h, w):
        side = int(self.option("cutout")) if "cutout" in self.options else 0
        top, left = self.below(4, HEIGHT) - side // 2, self.below(5, WIDTH) - side // 2
        y, x = Fraction((2 * h + 1) * HEIGHT, 2 * self.size[0]), Fraction((2 * w + 1) * WIDTH, 2 * self.size[1])
        return top <= y < top + side and left <= x < left + side

    def pixel(self, h, w):
        if self.cut(h, w):
            return [0, 0, 0]
        v = [self.sharpened(h, w, c) for c in range(CHANNELS)]
        if "brightness" in self.options:
            v = [self.factor("brightness", 7) * x for x in v]
        if "contrast" in self.options:
            v = [self.factor("contrast", 8) * (x - 127.5) + 127.5 for x in v]
        if "saturation" in self.options:
            s = self.factor("saturation", 9)
            v = [(0.213 + 0.787 * s) * v[0] + (0.715 - 0.715 * s) * v[1] + (0.072 - 0.072 * s) * v[2],
                 (0.213 - 0.213 * s) * v[0] + (0.715 + 0.285 * s) * v[1] + (0.072 - 0.072 * s) * v[2],
                 (0.213 - 0.213 * s) * v[0] + (0.715 - 0.715 * s) * v[1] + (0.072 + 0.928 * s) * v[2]]
        if "hue" in self.options:
            angle = self.angle(self.option("hue"), 10)
            c, s = math.cos(angle), math.sin(angle)
            v = [(0.213 + c * 0.787 - s * 0.213) * v[0] + (0.715 - c * 0.715 - s * 0.715) * v[1]
                 + (0.072 - c * 0.072 + s * 0.928) * v[2],
                 (0.213 - c * 0.213 + s * 0.143) * v[0] + (0.715 + c * 0.285 + s * 0.140) * v[1]
                 + (0.072 - c * 0.072 - s * 0.283) * v[2],
                 (0.213 - c * 0.213 - s * 0.787) * v[0] + (0.715 - c * 0.715 + s * 0.715) * v[1]
                 + (0.072 + c * 0.928 + s * 0.072) * v[2]]
        return [min(max(x, 0), 255) for x in v]


def augmented(images, sample, text, epoch, size):
    """Numbers (height, width, channels) in a row, and who was mixed in with which part."""
    look = Look(images[sample], sample, text, epoch, size)
    height, width = look.size
    rows = [[look.pixel(h, w) for w in range(width)] for h in range(height)]
    partner, own = sample, Fraction(1)
    mixup, cutmix = "mixup" in look.options, "cutmix" in look.options
    if mixup or cutmix:
        partner = look.below(12, IMAGES)
        other = Look(images[partner], partner, text, epoch, size)
        bits = draw(sample, 13, epoch)
        share = bits >> 24 << 8  # quantiles of the uniform distribution, and a straight line between them
        share += 256 * (bits >> 8 & 0xFFFF) >> 16
        if cutmix and (not mixup or draw(sample, 11, epoch) >= 2**31):
            side = math.isqrt((65536 - share) << 16)
            tall, wide = math.floor(height * side / 65536 + 0.5), math.floor(width * side / 65536 + 0.5)
            top, left = look.below(14, height) - tall // 2, look.below(15, width) - wide // 2
            inside = [(h, w) for h in range(height) for w in range(width)
                      if top <= h < top + tall and left <= w < left + wide]
            for h, w in inside:
                rows[h][w] = other.pixel(h, w)
            own = 1 - Fraction(len(inside), height * width)
        else:
            own = Fraction(max(share, 65536 - share), 65536)
            rows = [[[float(own) * a + float(1 - own) * b for a, b in zip(rows[h][w], other.pixel(h, w))]
                     for w in range(width)] for h in range(height)]
    return [round(float(x), 6) for row in rows for pixel in row for x in pixel], partner, float(own)


images = stored_images()
cases = []
for text, epoch, size in CASES:
    outputs = [augmented(images, sample, text, epoch, size) for sample in SAMPLES]
    cases.append({"augment": text, "epoch": epoch, "size": size or [0, 0], "values": [o[0] for o in outputs],
                  "partners": [o[1] for o in outputs], "own": [o[2] for o in outputs]})
golden = {"images": [IMAGES, HEIGHT, WIDTH, CHANNELS], "seed": str(SEED), "samples": SAMPLES, "cases": cases}
file = pathlib.Path(__file__).with_name("augmentation.json")
file.write_text(json.dumps(golden, separators=(",", ":")).replace('{"augment"', '\n{"augment"') + "\n")
