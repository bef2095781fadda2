"""The pictures of the demo: a small poster and badges, drawn when they are needed."""

import io

from PIL import Image, ImageDraw

SIZE = (960, 600)
RED, CREAM, INK = (190, 30, 45), (252, 244, 226), (28, 25, 23)
BADGE, BANNER = 400, (1200, 400)


def poster() -> bytes:
    """A JPEG: a sun over a workshop's roof, and a row of people in front of it."""
    image = Image.new("RGB", SIZE, RED)
    draw = ImageDraw.Draw(image)
    draw.ellipse((330, 70, 630, 370), fill=CREAM)
    for left in range(-40, SIZE[0], 200):
        draw.polygon([(left, 420), (left, 300), (left + 200, 420)], fill=INK)
    draw.rectangle((0, 420, *SIZE), fill=INK)
    for left in range(60, SIZE[0] - 60, 105):
        draw.ellipse((left, 400, left + 56, 456), fill=CREAM)
        draw.rounded_rectangle((left - 16, 462, left + 72, SIZE[1]), 30, fill=CREAM)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=85)
    return out.getvalue()


def banner(ground: tuple[int, int, int]) -> bytes:
    """A PNG: flags in a row before the sky of a morning."""
    image = Image.new("RGB", (BANNER[0], BANNER[1]), ground)
    draw = ImageDraw.Draw(image)
    for number, left in enumerate(range(30, BANNER[0], 150)):
        top = 60 + 40 * (number % 3)
        draw.rectangle((left, top, left + 8, BANNER[1]), fill=INK)
        draw.polygon([(left + 8, top), (left + 118, top + 34), (left + 8, top + 68)], fill=CREAM)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def badge(ground: tuple[int, int, int], teeth: int) -> bytes:
    """A PNG: a wheel with so many teeth, as on the badge of a railway branch."""
    image = Image.new("RGB", (BADGE, BADGE), ground)
    draw = ImageDraw.Draw(image)
    middle = BADGE / 2
    for tooth in range(teeth):
        draw.pieslice((40, 40, BADGE - 40, BADGE - 40), 360 / teeth * tooth, 360 / teeth * (tooth + 0.5), fill=CREAM)
    for radius, colour in ((125, CREAM), (85, ground), (35, CREAM)):
        draw.ellipse((middle - radius, middle - radius, middle + radius, middle + radius), fill=colour)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
