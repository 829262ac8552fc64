import pytest

from framegate.render.prompt import frame_spans, shots_in
from framegate.render.words import Layer, Move

SAID = [
    ("The camera slowly pushes in", [Move.PUSH]),
    ("Camera slowly zooms in, subject smiles gently", [Move.PUSH]),
    ("dolly in on the statue", [Move.PUSH]),
    ("camera moves slowly forward", [Move.PUSH]),
    ("slow zoom out", [Move.PULL]),
    ("the shot pulls back to reveal the valley", [Move.PULL]),
    ("camera pans slowly to the left", [Move.PAN_LEFT]),
    ("pan right", [Move.PAN_RIGHT]),
    ("tilt up to the sky", [Move.TILT_UP]),
    ("the camera tilts down", [Move.TILT_DOWN]),
    ("camera slides left", [Move.TRUCK_LEFT]),
    ("tracking shot", [Move.TRUCK_RIGHT]),
    ("crane up over the roofs", [Move.RISE]),
    ("orbit around the subject", [Move.ORBIT_RIGHT]),
    ("the camera orbits left", [Move.ORBIT_LEFT]),
    ("dolly zoom in on her face", [Move.DOLLY_ZOOM]),
    ("Vertigo effect", [Move.DOLLY_ZOOM]),
    ("hand-held, nervous", [Move.HANDHELD]),
    ("static shot", [Move.STATIC]),
    ("The camera does not move. Snow falls softly.", [Move.STATIC]),
    ("camera stays completely still while waves crash", [Move.STATIC]),
    ("nothing moves", [Move.STATIC]),
    ("no zoom, no panning", [Move.STATIC]),
    ("Slow pan from left to right across the skyline", [Move.PAN_RIGHT]),
    ("The camera pans from right to left", [Move.PAN_LEFT]),
    ("camera glides from right to left", [Move.TRUCK_LEFT]),
    ("Pan up from her shoes to her face", [Move.TILT_UP]),
    ("camera looks up", [Move.TILT_UP]),
    ("slowly look down, then stop", [Move.TILT_DOWN]),
    ("A drone flies over the forest", [Move.PUSH]),
    ("slow zoom on her face", [Move.PUSH]),
    ("the camera circles around the car", [Move.ORBIT_RIGHT]),
    ("no camera movement", [Move.STATIC]),
    ("push in while tilting up", [Move.PUSH, Move.TILT_UP]),
    ("镜头缓缓推近", [Move.PUSH]),
    ("推镜头", [Move.PUSH]),
    ("镜头慢慢拉远", [Move.PULL]),
    ("镜头向左摇", [Move.PAN_LEFT]),
    ("右摇", [Move.PAN_RIGHT]),
    ("镜头向上摇", [Move.TILT_UP]),
    ("镜头向右平移", [Move.TRUCK_RIGHT]),
    ("镜头缓慢向左移动", [Move.TRUCK_LEFT]),
    ("镜头上升", [Move.RISE]),
    ("环绕主体拍摄", [Move.ORBIT_RIGHT]),
    ("逆时针环绕", [Move.ORBIT_LEFT]),
    ("希区柯克变焦", [Move.DOLLY_ZOOM]),
    ("手持拍摄", [Move.HANDHELD]),
    ("固定镜头，微风", [Move.STATIC]),
    ("镜头不要移动，只有云在飘", [Move.STATIC]),
    ("文字保持清晰，不要任何镜头运动", [Move.STATIC]),
    ("镜头由远及近，雪花飞舞", [Move.PUSH]),
    ("由近及远，展现整个山谷", [Move.PULL]),
    ("镜头跟随奔跑的人", [Move.PUSH]),
    ("", []),
    ("she looks up at the sky", []),
    ("The surgeon looks down at the screen, training session", []),
    ("A wolf circles around the sheep", []),
    ("a bird flies over the lake", []),
    ("Subject walks forward confidently, dynamic background blur, cinematic style", []),
    ("The character slowly turns around and waves", []),
    ("a frying pan on the stove", []),
    ("she pushes the door", []),
]


@pytest.mark.parametrize(("prompt", "moves"), SAID)
def test_words_of_both_languages_name_the_move(prompt, moves):
    assert list(shots_in(prompt)[0].moves) == moves


@pytest.mark.parametrize(
    "prompt", ["do not zoom in", "without zoom in", "The camera doesn't zoom in", "不要推近"]
)
def test_a_move_that_is_taken_back_leaves_the_camera_still(prompt):
    """The usual slow push would be the very thing that was refused."""
    assert shots_in(prompt)[0].moves == (Move.STATIC,)


def test_a_move_that_is_taken_back_leaves_room_for_another():
    assert shots_in("do not zoom in, pan left")[0].moves == (Move.PAN_LEFT,)


def test_of_two_opposite_moves_the_first_counts():
    assert shots_in("zoom in, then zoom out")[0].moves == (Move.PUSH,)


@pytest.mark.parametrize(
    ("prompt", "layers"),
    [
        ("heavy rain falls", {Layer.RAIN}),
        ("no rain", set()),
        ("雨后的街道", set()),
        ("细雨", {Layer.RAIN}),
        ("snow-capped mountains", set()),
        ("it is snowing", {Layer.SNOW}),
        ("下雪了", {Layer.SNOW}),
        ("petals drifting down", {Layer.PETALS}),
        ("花瓣飘落", {Layer.PETALS}),
        ("Flower petals gently swaying", {Layer.WIND}),
        ("bokeh background shimmers, dreamy atmosphere", {Layer.BOKEH}),
        ("背景虚化光斑闪烁", {Layer.BOKEH}),
        ("shallow depth of field, blurred background", set()),
        ("no fog or rain", set()),
        ("without any rain", set()),
        ("没有下雨", set()),
        ("下着大雨", {Layer.RAIN}),
        ("雨伞下的情侣，雪山背景", set()),
        ("Snow White walks in the forest", set()),
        ("a training session for the brain", set()),
        ("上海的海报，河南博物馆，湖南人", set()),
        ("海边", {Layer.WATER}),
        ("a watercolor of a watermelon", set()),
        ("morning mist over the lake", {Layer.FOG, Layer.WATER}),
        ("云在飘，湖面", {Layer.CLOUDS, Layer.WATER}),
        ("she turns around and waves", set()),
    ],
)
def test_words_name_weather_and_flow(prompt, layers):
    assert shots_in(prompt)[0].layers == layers


@pytest.mark.parametrize(
    ("prompt", "permille"),
    [
        ("push in", 1_000),
        ("slowly push in", 650),
        ("快速推近", 1_500),
        ("slow, subtle push in", 422),
        ("fast dramatic push in", 2_000),
        ("Camera slowly zooms in, subject smiles gently", 650),
        ("pan left, she runs quickly", 1_000),
        ("zoom in, smooth and slow camera movement", 650),
        ("petals gently swaying", 650),
    ],
)
def test_words_of_pace_and_strength_multiply_within_bounds(prompt, permille):
    assert shots_in(prompt)[0].strength_permille == permille


def test_multi_shot_syntax_cuts_in_either_language_and_width():
    shots = shots_in("shot 1, 2, push in; 镜头 2，3，向左摇；shot 3, 1, static;")

    assert [shot.moves for shot in shots] == [(Move.PUSH,), (Move.PAN_LEFT,), (Move.STATIC,)]
    assert [shot.weight for shot in shots] == [2, 3, 1]


def test_more_than_six_shots_are_cut_off():
    assert len(shots_in("shot 1, 1, a;" * 9)) == 6


def test_shots_share_every_frame_of_the_clip_even_when_seconds_do_not_add_up():
    spans = frame_spans(shots_in("shot 1, 2, a; shot 2, 2, b; shot 3, 3, c;"), 120)

    assert [frame for span in spans for frame in span] == list(range(120))
    assert [len(span) for span in spans] == [34, 35, 51]


@pytest.mark.parametrize(
    "prompt",
    ["镜头" * 2_000, "shot 1, " * 600, "camera " * 600, "\x00;" * 99, "no x or " * 511 + "rain"],
)
def test_any_text_gives_at_least_one_shot(prompt):
    assert shots_in(prompt)
