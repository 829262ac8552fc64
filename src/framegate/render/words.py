"""The words, English and Chinese, that a prompt may use for camera, pace, weather and flow.

Only `prompt` reads these tables, on text that is normalised already: lower case, half-width
punctuation, single spaces, hyphens as spaces. They say nothing about how a move looks.
"""

import re
from enum import StrEnum


class Move(StrEnum):
    """What the camera does. Pan and tilt turn it; truck and rise carry it, so depth shows."""

    PUSH = "push"
    PULL = "pull"
    PAN_LEFT = "pan_left"
    PAN_RIGHT = "pan_right"
    TILT_UP = "tilt_up"
    TILT_DOWN = "tilt_down"
    TRUCK_LEFT = "truck_left"
    TRUCK_RIGHT = "truck_right"
    RISE = "rise"
    SINK = "sink"
    ORBIT_LEFT = "orbit_left"
    ORBIT_RIGHT = "orbit_right"
    DOLLY_ZOOM = "dolly_zoom"
    HANDHELD = "handheld"
    STATIC = "static"


class Layer(StrEnum):
    """What moves apart from the camera: three flows inside the picture, then weather over it."""

    CLOUDS = "clouds"
    WATER = "water"
    WIND = "wind"
    FOG = "fog"
    SNOW = "snow"
    RAIN = "rain"
    PETALS = "petals"
    BOKEH = "bokeh"
    FLICKER = "flicker"


def _any(*patterns: str) -> str:
    return "|".join(patterns)


# Up to three words may stand between a verb and its direction: "pans very slowly to the left".
_GAP = r"(?:\s+\w+){0,3}?\s+"
_CAMERA = r"(?:camera|shot|view|lens)\b[^,.;]{0,24}?\b"
# People and wolves look up and circle too: such a word needs a camera, or starts a clause.
_DONE_BY_CAMERA = rf"(?:{_CAMERA}|(?:^|[,.;] ?)(?:(?:slow|smooth|quick|gentl|then|and)\w* )*)"
_GO = r"(?:mov|glid|slid|driv|fl[iy]|travel|drift|track|truck|roll|float|sweep)\w*"

_ZH_PACE = r"(?:缓缓|缓慢|慢慢|快速|迅速|轻轻|平稳|稍微|微微|逐渐|慢速|高速|地|的|稳定|匀速)*"
_ZH_LEFT = rf"(?:向|往|朝|从右(?:向|往|到))?{_ZH_PACE}左(?:侧|边|方)?{_ZH_PACE}"
_ZH_RIGHT = rf"(?:向|往|朝|从左(?:向|往|到))?{_ZH_PACE}右(?:侧|边|方)?{_ZH_PACE}"
_ZH_UP = rf"(?:向|往|朝)?{_ZH_PACE}上(?:方)?{_ZH_PACE}"
_ZH_DOWN = rf"(?:向|往|朝)?{_ZH_PACE}下(?:方)?{_ZH_PACE}"

MOVES: tuple[tuple[Move, str], ...] = (
    # A named effect comes before the plain words that its name is made of.
    (Move.DOLLY_ZOOM, r"dolly zoom|zolly|vertigo (?:effect|shot)|希区柯克|滑动变焦|眩晕变焦"),
    (Move.ORBIT_LEFT, rf"(?:orbit|arc|circl|revolv)\w*{_GAP}(?:left|counter ?clockwise)"),
    (Move.PAN_RIGHT, r"\bpan(?:s|ning)?\b[^,.;]{0,24}?\bleft to (?:the )?right\b"),
    (Move.PAN_LEFT, r"\bpan(?:s|ning)?\b[^,.;]{0,24}?\bright to (?:the )?left\b"),
    (Move.TRUCK_RIGHT, rf"{_CAMERA}{_GO}[^,.;]{{0,16}}?\bleft to (?:the )?right\b"),
    (Move.TRUCK_LEFT, rf"{_CAMERA}{_GO}[^,.;]{{0,16}}?\bright to (?:the )?left\b"),
    (
        Move.ORBIT_LEFT,
        _any(
            r"逆时针(?:方向)?(?:环绕|旋转|绕)|(?:向|往)左环绕|左环绕|环绕.{0,3}(?:逆时针|向左)",
        ),
    ),
    (
        Move.ORBIT_RIGHT,
        _any(
            r"\borbit\w*|\barc shot",
            rf"{_DONE_BY_CAMERA}(?:circl|revolv|rotat|arc)\w*\s+(?:\w+\s+)?around",
            r"360 degree",
            r"环绕|绕着|围绕|旋转镜头|镜头旋转",
        ),
    ),
    (
        Move.PUSH,
        _any(
            rf"\bpush\w*(?:{_GAP}|\s+)(?:in|into|forward|closer|towards?)\b",
            rf"\bzoom\w*(?:{_GAP}|\s+)(?:in|into|closer|on|onto|towards?)\b",
            rf"\bdoll\w*(?:{_GAP}|\s+)(?:in|forward)\b",
            rf"{_CAMERA}(?:forwards?|closer|approach\w*|advanc\w*)\b|\bclos(?:es|ing) in on\b",
            r"\bpush in\b|\bzoom in\b|\bfpv\b|\bpush shot|\bcamera follow\w*|\bfollow shot",
            rf"(?:{_DONE_BY_CAMERA}|\bdrone\b[^,.;]{{0,12}}?)\bfl(?:y|ies|ying) (?:through|over)",
            r"推近|推进|推镜|推入|推向|前推|拉近|放大|靠近|向前推|镜头前进|镜头向前|飞越|穿越",
            r"由远(?:及|而|到)近|镜头跟随|跟拍|跟镜头",
            rf"镜头{_ZH_PACE}推|{_ZH_PACE}推(?:近|进|到|至)",
        ),
    ),
    (
        Move.PULL,
        _any(
            rf"\bpull\w*(?:{_GAP}|\s+)(?:back|out|away|backwards?)\b",
            rf"\bzoom\w*(?:{_GAP}|\s+)out\b",
            rf"\bdoll\w*(?:{_GAP}|\s+)(?:out|back|backwards?|away)\b",
            rf"{_CAMERA}(?:backwards?|back|away|retreat\w*|reced\w*)\b|\bpull shot",
            r"拉远|拉镜|后拉|拉开|拉出|缩小|向后拉|镜头后退|镜头向后|远离|由近(?:及|而|到)远",
            rf"镜头{_ZH_PACE}拉(?!近)",
        ),
    ),
    (Move.PAN_LEFT, rf"\bpan(?:s|ned|ning)?(?:{_GAP}|\s+)left\b|{_ZH_LEFT}摇|左摇|摇向左"),
    (Move.PAN_RIGHT, rf"\bpan(?:s|ned|ning)?(?:{_GAP}|\s+)right\b|{_ZH_RIGHT}摇|右摇|摇向右"),
    (
        Move.TILT_UP,
        _any(
            rf"\b(?:tilt|pan)\w*(?:{_GAP}|\s+)up\w*|{_DONE_BY_CAMERA}looks? up\b",
            rf"{_ZH_UP}摇|上摇|仰拍|摇向上",
        ),
    ),
    (
        Move.TILT_DOWN,
        _any(
            rf"\b(?:tilt|pan)\w*(?:{_GAP}|\s+)down\w*|{_DONE_BY_CAMERA}looks? down\b",
            rf"{_ZH_DOWN}摇|下摇|摇向下",
        ),
    ),
    (Move.PAN_RIGHT, r"\bpann?(?:s|ing)? (?:across|shot|over|around)|camera pans?\b|摇镜|摇移"),
    (
        Move.TRUCK_LEFT,
        _any(
            rf"\b(?:truck|slid|dolly|track)\w*(?:{_GAP}|\s+)left\b",
            rf"{_CAMERA}{_GO}(?:{_GAP}|\s+)left\b",
            rf"(?:镜头|相机|画面|摄像机){_ZH_LEFT}(?:平移|横移|移动|移|滑)",
            rf"{_ZH_LEFT}(?:平移|横移)|左移",
        ),
    ),
    (
        Move.TRUCK_RIGHT,
        _any(
            rf"\b(?:truck|slid|dolly|track)\w*(?:{_GAP}|\s+)right\b",
            rf"{_CAMERA}{_GO}(?:{_GAP}|\s+)right\b",
            rf"(?:镜头|相机|画面|摄像机){_ZH_RIGHT}(?:平移|横移|移动|移|滑)",
            rf"{_ZH_RIGHT}(?:平移|横移)|右移|\btracking shot|\btruck(?:ing)? shot|横移|平移",
        ),
    ),
    (
        Move.RISE,
        _any(
            rf"\b(?:crane|pedestal|boom|jib)\w*(?:{_GAP}|\s+)up\b",
            rf"{_CAMERA}(?:ris|ascend|lift)\w*",
            rf"{_CAMERA}{_GO}(?:{_GAP}|\s+)up\w*\b|\bcrane shot|\bdrone (?:shot|rises)",
            rf"镜头{_ZH_UP}(?:升|移|抬)|镜头(?:升起|上升|抬升|上移)|升镜头|航拍",
        ),
    ),
    (
        Move.SINK,
        _any(
            rf"\b(?:crane|pedestal|boom|jib)\w*(?:{_GAP}|\s+)down\b",
            rf"{_CAMERA}(?:descend|lower|sink)\w*",
            rf"{_CAMERA}{_GO}(?:{_GAP}|\s+)down\w*\b",
            rf"镜头{_ZH_DOWN}(?:降|移)|镜头(?:下降|降下|降落|下移)|降镜头",
        ),
    ),
    (
        Move.HANDHELD,
        _any(
            r"\bhand ?held|\bshak(?:y|ing) (?:cam|camera|shot)|手持|晃动镜头|镜头(?:轻微)?晃动",
        ),
    ),
    (
        Move.STATIC,
        _any(
            r"\bstatic\b",
            r"\b(?:fixed|still|locked|stationary|motionless) (?:off )?(?:camera|shot|frame)",
            r"\blocked (?:off|down)|\btripod\b|\bno camera (?:movement|motion|move)",
            r"camera (?:(?:is|stays|remains|holds|kept|must|be|keeps) )?(?:\w+ )?"
            r"(?:still|fixed|locked|steady|stationary|motionless)\b",
            r"camera (?:does not|doesn't|do not|don't|never|must not|should not) move",
            r"\bno movement of the camera|\bnothing moves",
            r"\b(?:no|without|zero) (?:any )?(?:camera )?(?:movement|motion|moves?|zoom|panning)\b",
            r"\b(?:do not|don't|without) mov\w* the camera|without camera mov\w*",
            r"固定(?:镜头|机位|视角)|镜头(?:固定|不动|静止|保持不动)|静止(?:镜头|机位)|定镜",
            r"机位不动|镜头(?:不要|不|请勿|别|没有|无)(?:移动|运动|动)",
            r"(?:不要|没有|无|禁止)(?:任何)?(?:镜头|相机|运镜)(?:移动|运动|动)?",
        ),
    ),
)

LAYERS: tuple[tuple[Layer, str], ...] = (
    (
        Layer.CLOUDS,
        r"\bclouds?\b|\bcloudy\b|\bskies\b|\bsky\b|\baurora|云(?!南|端|计算|服务)|天空|极光",
    ),
    (
        Layer.WATER,
        _any(
            r"\bwater(?!colou?r|melon|mark|proof)\w*|\bseas?\b|\bseaside|\bocean|\blakes?\b|\brivers?\b|\bripple",
            r"\bstreams?\b|\bponds?\b",
            r"\bharbou?r|\bsurf\b|\btides?\b|\bwaves (?:crash|roll|lap|break|wash)",
            r"(?<![上青珠])海(?!报|南|口|外|绵|鲜|拔|量)|(?<!江)湖(?!南|北)|江水|水面|水波",
            r"(?<!银)河(?!南|北|内)|波浪|波光|涟漪|溪|(?<!流)浪(?!漫|费)",
        ),
    ),
    (
        Layer.WIND,
        _any(
            r"\bwind\b|\bwindy\b|\bbreez\w+|\bsway\w*|\brustl\w+|\bflutter\w*|\bblowing\b",
            r"微风|风吹|大风|清风|摇曳|随风|飘动|吹动",
        ),
    ),
    (Layer.FOG, r"\bfog\w*|\bmist(?:s|y)?\b|\bhaz[ey]\b|\bsmok[ey]\b|雾|烟雾|烟云|炊烟"),
    (
        Layer.SNOW,
        _any(
            r"\bsnow(?:s|ing|fall|flakes?|storm)\b|\bblizzard",
            r"\bsnow (?:is )?(?:fall|drift|start|com)\w*",
            r"\b(?:falling|light|heavy|gentle|soft|drifting) snow\b|\bin the snow\b",
            r"^snow\b(?! c| white)",
            r"\bwith snow\b",
            r"下雪|飘雪|雪花|大雪(?!山)|飞雪|落雪|雪飘|小雪|飘着雪|暴风雪",
        ),
    ),
    (
        Layer.RAIN,
        _any(
            r"(?<!after the )\brain(?:s|ing|y|fall|drops?|storm)?\b|\bdrizzl\w+",
            r"(?:下着?|落)?[大小细暴]?雨(?!后|伞|衣|林|靴|刷)",
        ),
    ),
    (
        Layer.PETALS,
        _any(
            r"\b(?:petals?|blossoms?|leaves)\b[^,.;]{0,24}?"  # One pattern: no comma here.
            r"\b(?:fall|drift|float|fl[iy]|scatter|swirl)\w*",
            r"\b(?:fall|drift|float|fly|swirl)ing (?:\w+ )?(?:petals?|blossoms?|leaves)",
            r"花瓣[^,.;。]{0,4}(?:飘|落|飞|舞|洒)|落花|落叶|落英",
            r"樱花[^,.;。]{0,3}(?:飘|落|纷|飞|舞)",
        ),
    ),
    (Layer.BOKEH, r"\bbokeh|\blights? (?:twinkl|shimmer)\w*|光斑|散景"),
    (
        Layer.FLICKER,
        _any(
            r"\bflicker\w*|\bcandle\w*|\bfire(?:light|place|side)\b|\b(?:bon|camp)fire",
            r"\btorch\w*|\bneon\b",
            r"烛光|烛火|蜡烛|火光|篝火|霓虹|(?<!光斑)闪烁|炉火",
        ),
    ),
)

PACES_PERMILLE: tuple[tuple[int, str], ...] = (
    (650, r"\bslow\w*|\bleisure\w*|\bunhurried\w*|缓慢|缓缓|慢慢|徐徐|慢速|慢推|慢拉|慢摇"),
    (
        1_500,
        _any(
            r"\bfast\w*|\bquick\w*|\brapid\w*|\bswift\w*|\bwhip\b|快速|迅速|急速|飞快|高速",
            r"急推|急拉",
        ),
    ),
)
STRENGTHS_PERMILLE: tuple[tuple[int, str], ...] = (
    (
        650,
        _any(
            r"\bslight\w*|\bsubtl\w*|\bgentl[ey]\b|\ba little\b|\ba bit\b|轻微|微微|略微",
            r"稍微|轻轻|细微|轻柔",
        ),
    ),
    (
        1_500,
        _any(
            r"\bdramatic\w*|\bstrong\w*|\bextreme\w*|\bintense\w*|\bpowerful\w*|大幅|强烈",
            r"剧烈|猛烈|夸张",
        ),
    ),
)

NEGATION = re.compile(
    r"(?:\b(?:no|not|without|never|avoid|stop|don't|doesn't|isn't|won't|cannot|can't)"
    r"(?:\s+\w+\s+n?or)*(?:\s+(?:any|a|the|camera|be|more))*\s*"
    r"|不要|没有|不|无|别|勿|禁止|避免)(?:任何|再)?$"
)
"""What, standing right before a word, takes it back: "no rain", "no fog or rain", "不要下雪"."""

CLAUSE_END = re.compile(r"[,.;:!?、。]")

CAMERA = re.compile(r"\b(?:camera|shot|move|movement|motion)\b|镜头|运镜|相机")
"""What makes a clause one about the camera, so that its words of pace are meant for it."""

SHOT = re.compile(
    r"(?:shot|镜头)\s*(?P<number>\d{1,2})\s*,\s*(?P<weight>\d{1,2})\s*(?:s|秒)?\s*,\s*"
    r"(?P<words>.*?)\s*(?:;|$|(?=(?:shot|镜头)\s*\d{1,2}\s*,))",
    re.DOTALL,
)
"""The vendor's multi-shot form `shot n, m, words;`: m is the shot's length in seconds."""
