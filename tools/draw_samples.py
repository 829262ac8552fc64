"""Draw the sample pictures of `framegate.samples`: `.venv/bin/python tools/draw_samples.py [NAME]`.

The same picture from the same seed, so that what ships is our own work and can be drawn again. A
new scene is a function here and a line in SCENES; what scenes are made of is `landscape.py`.
"""

import io
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from landscape import (
    Canvas,
    Noise,
    Plane,
    Sun,
    blend,
    cloud_layer,
    curtain,
    develop,
    mountains,
    rgb,
    rock_and_snow,
    see_ground,
    shade_ground,
    sky,
    smooth,
    stars,
    water,
)

FOLDER = Path(__file__).resolve().parent.parent / "src" / "framegate" / "samples"
BYTES_MAX = 190_000
QUALITIES = range(93, 60, -1)


def dusk() -> Image.Image:
    """A still lake below mountains, the sun about to go behind them."""
    noise, canvas = Noise(7), Canvas(1920, 1080, horizon=0.57)
    sun = Sun(0.13, 0.088, (60.0, 27.0, 10.0), disc=0.010, halo=1.5)
    sky(
        canvas,
        [
            (0, rgb("#ffb368", 1.15)),
            (0.16, rgb("#f58f62")),
            (0.36, rgb("#cf6f74", 0.85)),
            (0.64, rgb("#70609c", 0.65)),
            (1, rgb("#2a3f7c", 0.6)),
        ],
    )
    sun.shine(canvas)
    cloud_layer(
        canvas,
        noise,
        sun,
        cover=0.52,
        lit=rgb("#ff9d74", 1.25),
        shade=rgb("#4d4170", 0.7),
        stretch=(0.7, 1.5),
        opacity=0.9,
    )
    ground = see_ground(
        canvas,
        mountains(noise, size_m=2600, top_m=760, from_m=2400),
        eye_m=14,
        near_m=1500,
        far_m=16_000,
        sun=sun,
        shadow_m=2600,
    )
    colour = rock_and_snow(
        noise, ground, snow_m=430, rock=rgb("#4c4650"), snow=rgb("#d8d4e6"), green=rgb("#232a22")
    )
    shade_ground(canvas, ground, colour, sun, ambient=rgb("#6a6494", 0.62), strength=0.10)
    canvas.haze(rgb("#b87268", 0.75), 26_000)
    water(canvas, noise, shore=0.578, eye_m=5, deep=rgb("#101a36", 0.5), waves=0.15)
    return develop(canvas, exposure=1.2, seed=7)


def ocean() -> Image.Image:
    """Open sea in the morning, the sun behind fair-weather clouds."""
    noise, canvas = Noise(21), Canvas(1600, 900, horizon=0.50)
    sun = Sun(-0.17, 0.115, (40.0, 29.0, 17.0), disc=0.009)
    sky(
        canvas,
        [
            (0, rgb("#ffdfb0", 0.95)),
            (0.16, rgb("#d9d3b8", 0.8)),
            (0.5, rgb("#4f9dc4", 0.7)),
            (1, rgb("#14558f", 0.6)),
        ],
    )
    sun.shine(canvas)
    cloud_layer(
        canvas,
        noise,
        sun,
        cover=0.53,
        lit=rgb("#fff3df", 1.1),
        shade=rgb("#7f97ab", 0.75),
        stretch=(1.1, 1.1),
    )
    water(
        canvas,
        noise,
        shore=0.50,
        eye_m=3.2,
        deep=rgb("#043a4c", 0.55),
        waves=0.95,
        sun=sun,
        sparkle=0.07,
    )
    canvas.haze(rgb("#ecdcbc", 0.8), 3_500)
    return develop(canvas, exposure=0.78, seed=21)


def aurora() -> Image.Image:
    """Northern lights over snow and open water."""
    noise, canvas = Noise(33), Canvas(1600, 900, horizon=0.68)
    moon = Sun(-0.9, 0.45, (0.9, 1.0, 1.25), ahead=-0.25)
    sky(canvas, [(0, rgb("#2a6a66", 0.5)), (0.2, rgb("#123a58", 0.5)), (1, rgb("#070f2c", 0.5))])
    stars(canvas, 1500, seed=5)
    for number, (strength, drift) in enumerate(((1.0, 0.0), (0.5, 2.3), (0.35, 4.1))):
        curtain(canvas, Noise(60 + number), strength=strength, drift=drift)
    ground = see_ground(
        canvas,
        mountains(noise, size_m=2300, top_m=560, from_m=1500),
        eye_m=10,
        near_m=900,
        far_m=12_000,
        sun=moon,
        shadow_m=1200,
    )
    colour = rock_and_snow(
        noise, ground, snow_m=190, rock=rgb("#2c343e"), snow=rgb("#dfeef2"), green=rgb("#a4b8bc")
    )
    shade_ground(canvas, ground, colour, moon, ambient=rgb("#17504c", 0.36), strength=0.05)
    canvas.haze(rgb("#123c40", 0.35), 26_000)
    water(canvas, noise, shore=0.684, eye_m=5, deep=rgb("#04121c", 0.3), waves=0.10)
    return develop(canvas, exposure=2.1, seed=33, bloom=0.12)


def dunes() -> Image.Image:
    """Sand in low light: one long crest after the other."""
    noise, canvas = Noise(44), Canvas(1600, 900, horizon=0.42)
    sun = Sun(-0.95, 0.34, (9.5, 6.8, 4.2), ahead=0.12)

    def height(x: Plane, z: Plane) -> Plane:
        bend = 150 * (noise.clouds(x / 420, z / 420, 3) - 0.5)
        phase = (0.85 * x + 0.5 * z + bend * 2.2) / 150 + 0.4
        saw = phase - np.floor(phase)
        # A gentle climb on the windward side, a short fall behind the crest.
        crest = np.where(saw < 0.72, smooth(saw / 0.72), smooth((1 - saw) / 0.28))
        swell = noise.clouds(x / 300 + 9, z / 300, 3)
        return 34 * swell + (8 + 26 * swell) * crest - 8

    sky(canvas, [(0, rgb("#ffe2bd")), (0.2, rgb("#c9d9e0", 0.95)), (1, rgb("#4d83b8", 0.75))])
    sun.shine(canvas)
    cloud_layer(
        canvas,
        noise,
        sun,
        cover=0.42,
        lit=rgb("#ffffff", 1.2),
        shade=rgb("#b8c4cf"),
        stretch=(0.35, 1.4),
        opacity=0.6,
    )
    ground = see_ground(
        canvas, height, eye_m=62, near_m=30, far_m=2_600, sun=sun, steps=1600, shadow_m=130
    )
    fade = np.clip(1 - ground.z_m / 260, 0, 1)
    wind = noise.clouds(ground.x_m / 24, ground.z_m / 24, 3)
    ripple = np.sin((ground.x_m * 1.5 - ground.z_m * 0.6 + 9 * wind) * 3.1) * fade
    grains = noise.clouds(ground.x_m / 1.4, ground.z_m / 1.4, 3) - 0.5
    colour = blend(
        rgb("#b8793f"), rgb("#e0a868"), noise.clouds(ground.x_m / 120, ground.z_m / 120, 4)
    )
    colour = colour * (1 + 0.10 * ripple + 0.16 * grains * fade)[..., None]
    shade_ground(canvas, ground, colour, sun, ambient=rgb("#8aa0c0", 0.42), strength=0.30)
    canvas.haze(rgb("#f4d5ae", 0.95), 2_300)
    return develop(canvas, exposure=0.95, seed=44)


def rose() -> Image.Image:
    """Hills in morning mist, one behind the other, under a pink sky."""
    noise, canvas = Noise(58), Canvas(1600, 900, horizon=0.56)
    sun = Sun(-0.19, 0.105, (34.0, 18.0, 10.0), disc=0.010, halo=1.2)
    sky(
        canvas,
        [
            (0, rgb("#ffcfa6")),
            (0.2, rgb("#f79a8c")),
            (0.5, rgb("#c4668a", 0.8)),
            (1, rgb("#5b3a78", 0.6)),
        ],
    )
    sun.shine(canvas)
    cloud_layer(
        canvas,
        noise,
        sun,
        cover=0.52,
        lit=rgb("#ffa58e", 1.0),
        shade=rgb("#8a5586", 0.8),
        stretch=(0.8, 1.3),
        opacity=0.8,
    )

    def height(x: Plane, z: Plane) -> Plane:
        hills = noise.clouds(x / 900, z / 620, 4) ** 1.6
        folds = noise.ridges(x / 1500 + 4, z / 1100, 6, 0.45)
        forest = 7 * noise.clouds(x / 14, z / 14, 2)
        return 420 * hills + 190 * folds - 170 + forest

    ground = see_ground(
        canvas, height, eye_m=250, near_m=260, far_m=12_000, sun=sun, steps=1200, shadow_m=700
    )
    colour = blend(
        rgb("#2c3326"), rgb("#55523a"), noise.clouds(ground.x_m / 90, ground.z_m / 90, 5)
    )
    colour = colour * (0.55 + 0.9 * noise.clouds(ground.x_m / 9, ground.z_m / 9, 3))[..., None]
    shade_ground(canvas, ground, colour, sun, ambient=rgb("#7a5f96", 0.6), strength=0.10)
    canvas.haze(rgb("#d98f96", 0.85), 5_600, sun=sun)
    mist = np.exp(-np.maximum(ground.y_m - 10, 0) / 55) * np.clip(ground.z_m / 2500, 0, 1)
    drift = 0.6 + 0.8 * (noise.clouds(ground.x_m / 700, ground.z_m / 420, 4) - 0.5)
    canvas.mix(rgb("#f7bda8", 0.95), np.where(ground.hit, np.clip(mist * drift, 0, 0.93), 0))
    return develop(canvas, exposure=1.05, seed=58)


def summit() -> Image.Image:
    """Portrait: a peak in the last light and a rising moon."""
    noise, canvas = Noise(71), Canvas(1080, 1350, horizon=0.80, focal=1.5)
    sun = Sun(-1.3, 0.42, (9.0, 4.6, 2.6), ahead=-0.7)
    moon = Sun(0.17, 0.42, (1.5, 1.45, 1.35), disc=0.024, halo=1.4)
    sky(
        canvas,
        [
            (0, rgb("#e8b0a0", 0.9)),
            (0.25, rgb("#b48fae", 0.75)),
            (0.6, rgb("#5a6da6", 0.6)),
            (1, rgb("#22386f", 0.55)),
        ],
    )
    stars(canvas, 160, seed=9)
    moon.shine(canvas)
    seas = np.clip(noise.clouds(canvas.across * 60, canvas.up * 60, 3) * 2.2 - 0.9, 0, 1)
    canvas.light *= (1 - 0.45 * seas * np.clip((0.024 - moon.angle(canvas)) / 0.002, 0, 1))[
        ..., None
    ]

    def height(x: Plane, z: Plane) -> Plane:
        away = np.hypot((x + 150) / 1900, (z - 7000) / 2200)
        peak = np.clip(1 - away, 0, 1) ** 1.35
        crest = noise.ridges(x / 2600 + 2, z / 2600, 9, 0.5)
        return 2500 * peak * (0.62 + 0.55 * crest) + 900 * crest * np.clip(away, 0, 0.6) - 160

    ground = see_ground(
        canvas, height, eye_m=420, near_m=900, far_m=14_000, sun=sun, steps=1200, shadow_m=2500
    )
    colour = rock_and_snow(
        noise, ground, snow_m=820, rock=rgb("#6e6864"), snow=rgb("#f2f0f4"), green=rgb("#343b30")
    )
    shade_ground(canvas, ground, colour, sun, ambient=rgb("#7388b8", 0.5), strength=0.26)
    canvas.haze(rgb("#b39ab0", 0.75), 24_000)
    low = np.exp(-np.maximum(ground.y_m - 60, 0) / 120) * np.clip((ground.z_m - 1500) / 4000, 0, 1)
    canvas.mix(rgb("#d9b4b4", 0.8), np.where(ground.hit, np.clip(low * 0.9, 0, 0.9), 0))
    return develop(canvas, exposure=1.15, seed=71)


def balloon() -> Image.Image:
    """Square: a hot-air balloon over misty hills."""
    noise, canvas = Noise(86), Canvas(1080, 1080, horizon=0.70, focal=1.3)
    sun = Sun(-0.62, 0.30, (15.0, 10.5, 7.0))
    sky(
        canvas,
        [
            (0, rgb("#ffdcb0")),
            (0.22, rgb("#f6c6b0", 0.95)),
            (0.55, rgb("#9db7d2", 0.85)),
            (1, rgb("#4f80b4", 0.7)),
        ],
    )
    sun.shine(canvas)
    cloud_layer(
        canvas,
        noise,
        sun,
        cover=0.46,
        lit=rgb("#fff0e0", 1.35),
        shade=rgb("#a9a5bb"),
        stretch=(0.5, 1.4),
        opacity=0.75,
    )

    def height(x: Plane, z: Plane) -> Plane:
        hills = noise.clouds(x / 700 + 3, z / 520, 4) ** 1.5
        return 330 * hills - 90 + 5 * noise.clouds(x / 7, z / 7, 3)

    ground = see_ground(
        canvas, height, eye_m=190, near_m=90, far_m=9_000, sun=sun, steps=1400, shadow_m=500
    )
    meadow = noise.clouds(ground.x_m / 160, ground.z_m / 160, 3)
    colour = blend(rgb("#33402a"), rgb("#8a8a4e"), meadow * 1.7 - 0.4)
    colour = colour * (0.6 + 0.8 * noise.clouds(ground.x_m / 10, ground.z_m / 10, 3))[..., None]
    shade_ground(canvas, ground, colour, sun, ambient=rgb("#8fa4c4", 0.5), strength=0.14)
    canvas.haze(rgb("#f2cfb4", 0.95), 4_500, sun=sun)
    hot_air_balloon(canvas, centre=(0.52, 0.36), radius=0.185)
    return develop(canvas, exposure=0.98, seed=86)


def hot_air_balloon(canvas: Canvas, *, centre: tuple[float, float], radius: float) -> None:
    """The balloon itself: a turned body of gores, lit by the sun, with basket and ropes."""
    row, column = np.mgrid[0 : canvas.height, 0 : canvas.width].astype(np.float32)
    size = canvas.width * radius
    x = (column - canvas.width * centre[0]) / size
    y = (canvas.height * centre[1] - row) / size
    # A ball above its middle, a cone with a soft belly below it.
    girth = np.where(
        y > 0,
        np.sqrt(np.clip(1 - y**2, 0, 1)),
        np.clip(1 - (np.clip(-y, 0, 1.45) / 1.45) ** 1.75, 0, 1) * 0.88 + 0.12,
    )
    girth = np.where((y > 1) | (y < -1.45), 0.0001, girth)
    inside = np.clip((girth - np.abs(x)) * size + 0.5, 0, 1) * (y < 1) * (y > -1.45)
    turn = np.arcsin(np.clip(x / girth, -1, 1))
    facing_x, facing_z = np.sin(turn), np.cos(turn)
    lean = np.clip(y, -0.55, 1)
    light = np.clip(-0.62 * facing_x + 0.42 * lean + 0.42 * facing_z, 0, 1)
    gore = (turn / np.pi + 0.5) * 12
    seam = 1 - 0.30 * np.exp(-(((gore - np.round(gore)) / 0.05) ** 2))
    bulge = 0.86 + 0.14 * np.cos((gore - np.floor(gore) - 0.5) * np.pi)
    stripe = (np.floor(gore) % 2)[..., None]
    warm = np.asarray(rgb("#b8402a"), np.float32) * stripe + np.asarray(rgb("#d99a35")) * (
        1 - stripe
    )
    band = (np.abs(y - 0.12) < 0.10)[..., None]
    cloth = np.where(band, np.asarray(rgb("#f4ead6"), np.float32), warm)
    glow = np.exp(-((y + 1.0) ** 2) / 0.5)[..., None] * np.asarray((0.35, 0.16, 0.04), np.float32)
    shaded = cloth * (0.22 + 1.7 * light**1.4 * seam * bulge)[..., None] + cloth * glow
    canvas.mix(shaded.astype(np.float32), inside.astype(np.float32))
    for side in (-1.0, 1.0):
        way = np.clip((-1.45 - y) / 0.42, 0, 1)
        rope = np.exp(-(((x - side * (0.115 - 0.035 * way)) * size / 1.1) ** 2))
        canvas.mix(rgb("#3a2f2a"), (rope * (y < -1.45) * (y > -1.87) * 0.85).astype(np.float32))
    basket = (np.abs(x) < 0.088) & (y < -1.85) & (y > -2.04)
    weave = (
        0.75 + 0.25 * np.sin(column * 1.9) * np.sin(row * 1.9) - 0.45 * np.clip(x / 0.088, -1, 1)
    )
    canvas.mix(np.asarray(rgb("#8a5c34"), np.float32) * weave[..., None], basket.astype(np.float32))


SCENES: dict[str, Callable[[], Image.Image]] = {
    "aurora": aurora,
    "balloon": balloon,
    "dunes": dunes,
    "dusk": dusk,
    "ocean": ocean,
    "rose": rose,
    "summit": summit,
}


def main(arguments: list[str]) -> int:
    """Draw the named pictures, or all of them."""
    for name in arguments or SCENES:
        picture = SCENES[name]()
        encoded = _encoded(picture)
        (FOLDER / f"{name}.jpg").write_bytes(encoded)
        print(f"{name}: {picture.width}x{picture.height}, {len(encoded)} bytes")
    return 0


def _encoded(picture: Image.Image) -> bytes:
    """The best JPEG that stays within the limit."""
    for quality in QUALITIES:
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=quality, optimize=True, progressive=True)
        if buffer.tell() <= BYTES_MAX:
            return buffer.getvalue()
    raise SystemExit(f"no quality down to {QUALITIES[-1]} fits {BYTES_MAX} bytes")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
