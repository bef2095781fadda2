"""The colour of a server, and what becomes of it so that everybody can read what stands on it.

Contrast is that of WCAG 2.2, 1.4.3 and 1.4.11; the grounds are those of `web/static/site.css`.
"""

import colorsys
import re
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from usi_fed.sentences import Sentence

Rgb = tuple[int, int, int]

RED = "red"
"""The colour of `site.css` itself: it needs no sheet of its own."""
OF_BADGE = "badge"
COLOURS: dict[str, str] = {
    RED: "#b3121d",
    "orange": "#b4450b",
    "green": "#166534",
    "teal": "#0f6a66",
    "blue": "#1d4ed8",
    "violet": "#6d28d9",
    "pink": "#be185d",
    "grey": "#3f4651",
}
NAMES: dict[str, Sentence] = {
    RED: Sentence("Red"),
    "orange": Sentence("Orange"),
    "green": Sentence("Green"),
    "teal": Sentence("Sea green"),
    "blue": Sentence("Blue"),
    "violet": Sentence("Violet"),
    "pink": Sentence("Pink"),
    "grey": Sentence("Grey"),
}

WHITE: Rgb = (255, 255, 255)
LIGHT_GROUNDS: tuple[Rgb, ...] = (WHITE, (0xF3, 0xF1, 0xEC), (0xFD, 0xE8, 0xE6))
DARK_GROUNDS: tuple[Rgb, ...] = ((0x14, 0x12, 0x0F), (0x21, 0x1E, 0x1A), (0x4A, 0x1A, 0x17))
TEXT, SHAPE = 4.5, 3.0
_STEPS = 500
_HEXADECIMAL = re.compile(r"#[0-9a-f]{6}")


@dataclass(frozen=True, slots=True)
class Look:
    """The sheet that follows `site.css`, as bytes, and a hash of it for its address; both empty when there is none."""

    sheet: bytes = b""
    digest: str = ""

    @property
    def url(self) -> str:
        """Where the sheet is; it never changes behind this address."""
        return f"/look.css?v={self.digest}" if self.digest else ""


def look_of(colour: str) -> Look:
    """The look in a colour such as `#1d4ed8`, moved to the nearest lightness that can be read; in red there is none."""
    if colour == COLOURS[RED]:
        return Look()
    wanted = parse_colour(colour)
    light, dark = accent(wanted), accent(wanted, is_dark=True)
    sheet = (
        f":root{{--accent:{light};--link:{link(wanted)}}}"
        f"@media(prefers-color-scheme:dark){{:root{{--accent:{dark};--link:{link(wanted, is_dark=True)}}}}}\n"
    ).encode()
    return Look(sheet, sha256(sheet).hexdigest()[:16])


def accent(wanted: Rgb, *, is_dark: bool = False) -> str:
    """A field of the colour: white words stand on it, and in the dark it stands out from the paper."""

    def fits(colour: Rgb) -> bool:
        stands_out = not is_dark or contrast(colour, DARK_GROUNDS[0]) >= SHAPE
        return stands_out and contrast(colour, WHITE) >= TEXT

    return _nearest(wanted, fits)


def link(wanted: Rgb, *, is_dark: bool = False) -> str:
    """Words in the colour, on every ground."""
    grounds = DARK_GROUNDS if is_dark else LIGHT_GROUNDS
    return _nearest(wanted, lambda colour: all(contrast(colour, ground) >= TEXT for ground in grounds))


def contrast(one: Rgb, other: Rgb) -> float:
    """From 1 to 21. Spec: WCAG 2.2, "contrast ratio" """
    bright, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def parse_colour(text: str) -> Rgb:
    """The parts, 0 to 255, of a colour as `#rrggbb` in lower case.

    Raises:
        ValueError: it is none.
    """
    if not _HEXADECIMAL.fullmatch(text):
        raise ValueError(f"{text!r} is no colour")
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def _nearest(wanted: Rgb, fits: Callable[[Rgb], bool]) -> str:
    """The colour of this hue whose lightness is nearest; there is one for every hue, see the tests."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*(part / 255 for part in wanted))
    for lighter in sorted((step / _STEPS for step in range(_STEPS + 1)), key=lambda step: abs(step - lightness)):
        red, green, blue = colorsys.hls_to_rgb(hue, lighter, saturation)
        colour = round(red * 255), round(green * 255), round(blue * 255)
        if fits(colour):
            return "#{:02x}{:02x}{:02x}".format(*colour)
    raise ValueError(f"no lightness of {wanted} can be read")


def _luminance(colour: Rgb) -> float:
    red, green, blue = (_linear(part / 255) for part in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)
