#!/usr/bin/env python3
"""Prints the table in fit_image_test.cpp: images from a formula, scaled by Pillow and cut by torchvision's rule.

For Pillow before 13 (Debian: python3-pil), which always scales along rows first.
"""
from PIL import Image

SIZES = [(48, 64), (100, 37), (33, 47), (20, 50), (32, 32), (500, 301), (7, 5), (1, 40), (3, 1000), (64, 67)]


def make_image(height, width):
    """Pixels from a linear congruence, so that neighbours differ."""
    state, data = 1, bytearray()
    for _ in range(height * width * 3):
        state = (state * 1103515245 + 12345) % 2**31
        data.append(state >> 16 & 255)
    return Image.frombytes("RGB", (width, height), bytes(data))


def fitted(image, size):
    """torchvision.transforms.Resize(size) and CenterCrop(size) of an image."""
    width, height = image.size
    shorter = min(width, height)
    image = image.resize((int(size * width / shorter), int(size * height / shorter)), Image.BILINEAR)
    left, top = round((image.width - size) / 2), round((image.height - size) / 2)
    return image.crop((left, top, left + size, top + size))


def fingerprint(data):
    """FNV-1a."""
    hashed = 0xCBF29CE484222325
    for byte in data:
        hashed = (hashed ^ byte) * 0x100000001B3 % 2**64
    return hashed


for height, width in SIZES:
    data = fitted(make_image(height, width), 32).tobytes()
    first = ", ".join(str(byte) for byte in data[:3])
    last = ", ".join(str(byte) for byte in data[-3:])
    print(f"    {{{height}, {width}, {{{first}}}, {{{last}}}, 0x{fingerprint(data):016x}u}},")
