"""Writes pictures.json and resize.json: small files of every kind as PIL decodes them, and resized pixels as PIL and
TensorFlow give them.

    python test/data/reference/make.py      (Pillow 13, tensorflow)"""
import base64
import io
import json
import os
import struct
import zlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import numpy as np
import tensorflow as tf
from PIL import Image

HERE = os.path.dirname(os.path.abspath(__file__))
R = np.random.RandomState(4)
H, W = 6, 7
files = {}


def b64(data):
    return base64.b64encode(bytes(data)).decode()


def keep(name, data, by="PIL", rgb=None, grey=None):
    if rgb is None:
        rgb = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
        grey = np.asarray(Image.open(io.BytesIO(data)).convert("L"))
    files[name] = {"by": by, "file": b64(data), "height": rgb.shape[0], "width": rgb.shape[1],
                   "rgb": b64(rgb.tobytes()), "grey": b64(grey.tobytes())}


def save(name, image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    keep(name, out.getvalue())
    return out.getvalue()


def profile(space, tags):
    """a colour profile that is far from sRGB, so that whoever applies it is seen"""
    table, data, at = struct.pack(">I", len(tags)), b"", 132 + 12 * len(tags)
    for tag, body in tags:
        data += b"\0" * (-len(data) % 4)
        table += tag + struct.pack(">II", at + len(data), len(body))
        data += body
    number = lambda v: struct.pack(">i", round(v * 65536))
    head = struct.pack(">I", at + len(data)) + b"appl" + struct.pack(">I", 0x04000000) + b"mntr" + space + b"XYZ "
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acspAPPL" + bytes(20) + struct.pack(">I", 0)
    head += number(.9642) + number(1) + number(.8249)
    return head + bytes(128 - len(head)) + table + data


def xyz(*values):
    return b"XYZ \0\0\0\0" + b"".join(struct.pack(">i", round(v * 65536)) for v in values)


DESC = b"desc\0\0\0\0" + struct.pack(">I", 3) + b"p3\0" + struct.pack(">IIHB", 0, 0, 0, 0) + bytes(67)
GAMMA = b"curv\0\0\0\0" + struct.pack(">IH", 1, 256)
P3 = profile(b"RGB ", [(b"desc", DESC), (b"wtpt", xyz(.9642, 1, .8249)), (b"rXYZ", xyz(.515, .241, -.001)),
                       (b"gXYZ", xyz(.292, .692, .042)), (b"bXYZ", xyz(.157, .067, .784)), (b"rTRC", GAMMA),
                       (b"gTRC", GAMMA), (b"bTRC", GAMMA), (b"cprt", b"text\0\0\0\0CC0\0")])
GREY = profile(b"GRAY", [(b"desc", DESC), (b"wtpt", xyz(.9642, 1, .8249)), (b"kTRC", GAMMA),
                         (b"cprt", b"text\0\0\0\0CC0\0")])

A = R.randint(0, 256, (H, W, 4)).astype("uint8")
rgba = Image.fromarray(A, "RGBA")
rgb = rgba.convert("RGB")
grey = rgb.convert("L")
la = Image.merge("LA", (grey, Image.fromarray(A[..., 3])))
palette = rgb.quantize(20)
black = rgb.convert("1")
for kind in ("PNG", "TIFF", "WEBP"):
    lossless = {"lossless": True, "exact": True} if kind == "WEBP" else {}
    low = kind.lower()
    save(f"{low}, colour", rgb, kind, **lossless)
    save(f"{low}, grey", grey, kind, **lossless)
    save(f"{low}, alpha", rgba, kind, **lossless)
    save(f"{low}, profile", rgb, kind, icc_profile=P3, **lossless)
    if kind != "WEBP":
        save(f"{low}, grey with alpha", la, kind)
        save(f"{low}, grey with a profile", grey, kind, icc_profile=GREY)
        save(f"{low}, palette", palette, kind)
        save(f"{low}, black and white", black, kind)
save("png, palette with alphas", palette, "PNG", transparency=bytes([0, 128] * 10))
save("png, palette with one transparent colour", palette, "PNG", transparency=3)
save("png, one colour transparent", rgb, "PNG", transparency=tuple(A[2, 2, :3].tolist()))
save("png, one grey transparent", grey, "PNG", transparency=int(np.asarray(grey)[2, 2]))
for n in (2, 4, 16):
    save(f"png, palette of {n}", rgb.quantize(n), "PNG", bits={2: 1, 4: 2, 16: 4}[n])
for q, options in ((75, {}), (90, {"progressive": True}), (95, {"subsampling": 0})):
    save(f"jpeg of quality {q}", rgb, "JPEG", quality=q, **options)
save("jpeg, profile", rgb, "JPEG", icc_profile=P3)
save("jpeg, grey with a profile", grey, "JPEG", icc_profile=GREY)
turned = Image.Exif()
turned[0x0112] = 6
save("jpeg, turned by EXIF", rgb, "JPEG", exif=turned)
save("tiff, turned by EXIF", rgb, "TIFF", exif=turned)
inks = rgb.convert("CMYK")
inks.putdata([(*p[:3], int(k) // 2) for p, k in zip(inks.getdata(), A[..., 3].ravel())])
cmyk = save("jpeg, inks", inks, "JPEG", quality=95)
save("jpeg, inks with a profile", inks, "JPEG", quality=95, icc_profile=P3)
save("tiff, inks", inks, "TIFF")
mark = cmyk.find(b"\xff\xee")
keep("jpeg, inks without Adobe's mark", cmyk[:mark] + cmyk[mark + 16:])
ycck = bytearray(cmyk)
ycck[ycck.find(b"Adobe") + 11] = 2
keep("jpeg, YCCK", bytes(ycck))
frames = [Image.fromarray(R.randint(0, 256, (H, W, 3)).astype("uint8")).quantize(9) for _ in range(3)]
save("gif", palette, "GIF")
save("gif, grey", grey, "GIF")
plain = save("gif, transparent", palette, "GIF", transparency=3)
save("gif, interlaced", Image.fromarray(R.randint(0, 256, (19, 9, 3)).astype("uint8")).quantize(99), "GIF", interlace=1)
save("gif, animated", frames[0], "GIF", save_all=True, append_images=frames[1:], transparency=2, disposal=2)
many = np.arange(70 * 70) * 7919 % 251
keep_many = Image.fromarray(many.reshape(70, 70).astype("uint8"))
save("gif, codes of every length", keep_many, "GIF")
wide = bytearray(plain)
wide[6:10] = struct.pack("<HH", W + 4, H + 3)
keep("gif, a frame smaller than the picture", bytes(wide))


def png16(channels, kind):
    """the upper bytes, as TensorFlow and Keras' loader take them; PIL's convert clips 16-bit greys to white"""
    values = R.randint(0, 65536, (H, W, channels)).astype(">u2")
    chunk = lambda t, d: struct.pack(">I", len(d)) + t + d + struct.pack(">I", zlib.crc32(t + d))
    rows = b"".join(b"\0" + row.tobytes() for row in values)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", W, H, 16, kind, 0, 0, 0))
    data += chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    rgb = tf.io.decode_png(data, channels=3).numpy()
    keep(f"png of 16 bits, {channels} channels", data, "TensorFlow", rgb, np.asarray(Image.fromarray(rgb).convert("L")))


for channels, kind in ((1, 0), (3, 2), (2, 4), (4, 6)):
    png16(channels, kind)


def bmp(bits, pixels, size=40, packing=0, colours=b"", count=0, masks=b"", down=False, gap=b""):
    head = struct.pack("<IiiHHIIiiII", size, W, -H if down else H, 1, bits, packing, 0, 0, 0, count, 0)
    if size == 12:
        head = struct.pack("<IHHHH", 12, W, H, 1, bits)
    if size > 40:
        head += masks + bytes(size - 40 - len(masks))
    else:
        colours = masks + colours
    at = 14 + len(head) + len(colours) + len(gap)
    return b"BM" + struct.pack("<IHHI", at + len(pixels), 0, 0, at) + head + colours + gap + pixels


def packed(values, bits):
    out = b""
    for row in values:
        text = "".join(format(int(v), f"0{bits}b") for v in row)
        text += "0" * (-len(text) % 32)
        out += int(text, 2).to_bytes(len(text) // 8, "big")
    return out


def some(n, entry=4):
    return b"".join(bytes(R.randint(0, 256, 3).astype("uint8")) + bytes(entry - 3) for _ in range(n))


for bits in (1, 4, 8):
    n = 2 ** bits
    v = packed(R.randint(0, n, (H, W)), bits)
    keep(f"bmp of {bits} bits", bmp(bits, v, colours=some(n)))
    keep(f"bmp of {bits} bits, top down", bmp(bits, v, colours=some(n), down=True))
    keep(f"bmp of {bits} bits, OS/2", bmp(bits, v, colours=some(n, 3), size=12))
    keep(f"bmp of {bits} bits, greys", bmp(bits, v, colours=b"".join(bytes([i * 255 // (n - 1)] * 3 + [0]) for i in range(n))))
    few = max(2, n // 2)
    keep(f"bmp of {bits} bits, fewer colours", bmp(bits, packed(R.randint(0, few, (H, W)), bits), colours=some(few), count=few, gap=b"\x55" * 6))
    keep(f"bmp of {bits} bits, version 5", bmp(bits, v, colours=some(n), size=124))
words = lambda *values: struct.pack("<%dI" % len(values), *values)
two = R.randint(0, 65536, (H, W)).astype("<u2")
rows2 = b"".join(row.tobytes() + bytes(2) for row in two)
four = R.randint(0, 256, (H, W, 4)).astype("uint8").tobytes()
three = b"".join(row.tobytes() + bytes(-3 * W % 4) for row in R.randint(0, 256, (H, W, 3)).astype("uint8"))
keep("bmp of 16 bits", bmp(16, rows2))
keep("bmp of 16 bits, 565", bmp(16, rows2, packing=3, masks=words(0xf800, 0x7e0, 0x1f)))
keep("bmp of 16 bits, 565, version 5", bmp(16, rows2, packing=3, masks=words(0xf800, 0x7e0, 0x1f, 0), size=124))
keep("bmp of 24 bits, top down", bmp(24, three, down=True))
keep("bmp of 24 bits, OS/2", bmp(24, three, size=12))
keep("bmp of 32 bits", bmp(32, four))
for k, masks in enumerate(((0xff0000, 0xff00, 0xff, 0xff000000), (0xff, 0xff00, 0xff0000, 0xff000000), (0xff000000, 0xff0000, 0xff00, 0xff))):
    keep(f"bmp of 32 bits, masks {k}", bmp(32, four, packing=3, masks=words(*masks), size=108))
runs = b"".join(bytes([4, int(a), 1, int(b), 2, int(c), 0, 0]) for a, b, c in R.randint(0, 256, (H - 1, 3)))
runs += bytes([0, 7, *R.randint(0, 256, 7).tolist(), 0, 0, 0, 0, 1])
keep("bmp, runs of 8 bits", bmp(8, runs, packing=1, colours=some(256)))
runs = b"".join(bytes([5, int(a), 2, int(b), 0, 0]) for a, b in R.randint(0, 256, (H - 1, 2)))
runs += bytes([0, 7, *R.randint(0, 256, 4).tolist(), 0, 0, 0, 1])
keep("bmp, runs of 4 bits", bmp(4, runs, packing=2, colours=some(16)))
json.dump(files, open(f"{HERE}/pictures.json", "w"), indent=1)

# resized: the source is (7919 * i + i * i) % 256, so that the test needs no copy of it
cases = []
for h, w in ((24, 20), (13, 9)):
    i = np.arange(h * w * 3, dtype=np.int64)
    source = ((7919 * i + i * i) % 256).astype("uint8").reshape(h, w, 3)
    image = Image.fromarray(source)
    for height, width in ((5, 7), (11, 11), (18, 12), (30, 26), (20, 8)):
        ch, cw = min(h, w * height // width), min(w, h * width // height)
        y, x = (h - ch) // 2, (w - cw) // 2
        out = {"nearest": image.resize((width, height), Image.NEAREST)}
        for name, how in (("pil", Image.BILINEAR), ("pil-bicubic", Image.BICUBIC), ("pil-lanczos", Image.LANCZOS)):
            out[name] = image.resize((width, height), how)
            out[name + "-crop"] = image.resize((width, height), how, box=(x, y, x + cw, y + ch))
        for name, value in out.items():
            cases.append({"from": [h, w], "to": [height, width], "name": name, "bytes": b64(np.asarray(value).tobytes())})
        for name, method in (("keras", "bilinear"), ("keras-nearest", "nearest"), ("area", "area")):
            exact = tf.image.resize(source, (height, width), method=method).numpy().astype("float32")
            # in 128ths
            cases.append({"from": [h, w], "to": [height, width], "name": name,
                          "parts": b64((exact * 128).round().astype("<u2").tobytes())})
        padded = tf.image.resize_with_pad(source, height, width).numpy()
        cases.append({"from": [h, w], "to": [height, width], "name": "keras-pad",
                      "parts": b64((padded * 128).round().astype("<u2").tobytes())})
json.dump(cases, open(f"{HERE}/resize.json", "w"), indent=1)
