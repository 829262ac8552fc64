"""The site of the documentation: whole, without a network, in two languages, strict about links."""

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest
from properdocs.exceptions import Abort

import build_site
import site_pages

ROOT = Path(__file__).parents[2]
MD = ".md"
"""Apart, so that made-up pages are not taken for pages that the code cites."""

SCRIPT = ROOT / "tools" / "site" / "site.js"
MARKDOWN_ITEM = re.compile(r"(?m)^ *(?:- |\* |\d\d?\. )")
FENCE = re.compile(r"(?ms)^ *```.*?^ *```$")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    build_site.build_site(ROOT, folder)
    return folder


class Tags(HTMLParser):
    """Every tag with what it has, and every id."""

    def __init__(self, path):
        super().__init__()
        self.tags, self.ids = [], set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.tags.append((tag, values))
        self.ids.add(values.get("id"))

    def of(self, tag, **wanted):
        return [
            values
            for name, values in self.tags
            if name == tag and all(values.get(key) == value for key, value in wanted.items())
        ]


def address(page):
    stem = "index" if page.name == "README.md" else page.name.removesuffix(".md")
    return page.with_name(stem + ".html")


def test_every_page_is_there_as_html_and_as_its_source(site):
    for page in site_pages.pages(ROOT):
        assert (site / address(page)).is_file()
        assert (site / page).read_bytes() == (ROOT / page).read_bytes()


def test_nothing_is_fetched_from_anywhere(site):
    """A reader without a network sees everything; a reader with one tells nobody."""
    for path in site.rglob("*.html"):
        page = Tags(path)
        fetched = [values.get("src") for _, values in page.tags if values.get("src")]
        fetched += [values["href"] for values in page.of("link")]
        assert [each for each in fetched if re.match(r"(?:\w+:)?//", each)] == []
    style = (site / "site.css").read_text(encoding="utf-8")
    assert re.findall(r"@import|url\(|//", style) == []
    assert re.findall(r"fetch\(|XMLHttpRequest|import\(|//[a-z]", SCRIPT.read_text()) == []


def test_every_link_of_every_page_leads_somewhere(site):
    """Those of the theme too, which nobody else checks."""
    pages = {path: Tags(path) for path in site.rglob("*.html")}
    for path, page in pages.items():
        for values in page.of("a"):
            name, _, anchor = values["href"].partition("#")
            if re.match(r"\w+:", name):
                continue
            to = (path.parent / name).resolve() if name else path
            assert to.is_file(), f"{path.name}: {values['href']}"
            assert not anchor or anchor in pages[to].ids, f"{path.name}: {values['href']}"


def test_lists_and_tables_come_out_as_a_forge_shows_them(site):
    for page in site_pages.pages(ROOT):
        text = FENCE.sub("", (ROOT / page).read_text(encoding="utf-8"))
        html = (site / address(page)).read_text(encoding="utf-8")
        article = html.split("<article>")[1].split("</article>")[0]
        assert article.count("<li>") == len(MARKDOWN_ITEM.findall(text)), page
        lines = [line for line in text.splitlines() if line.startswith("|")]
        rules = [line for line in lines if re.fullmatch(r"[|\- :]+-[|\- :]*", line)]
        assert article.count("<tr>") == len(lines) - len(rules), page


@pytest.mark.parametrize(
    ("here", "there", "language"),
    [
        ("docs/errors.html", "zh/errors.html", "zh-CN"),
        ("docs/zh/errors.html", "../../docs/errors.html", "en"),
        ("index.html", "README.zh.html", "zh-CN"),
        ("CHANGELOG.html", "README.zh.html", "zh-CN"),
    ],
)
def test_switch_leads_to_the_same_page_or_to_the_first(site, here, there, language):
    (switch,) = [each for each in Tags(site / here).of("a") if each.get("class") == "other"]
    assert switch["hreflang"] == language
    path = (site / here).parent
    assert (path / switch["href"]).resolve() == (path / there).resolve()


def test_page_says_its_language(site):
    assert Tags(site / "docs/zh/errors.html").of("html") == [{"lang": "zh-CN"}]
    assert Tags(site / "docs/errors.html").of("html") == [{"lang": "en"}]


def test_llms_has_a_line_with_a_summary_for_every_page(site):
    text = (site / "llms.txt").read_text(encoding="utf-8")
    lines = re.findall(r"(?m)^- \[.+?\]\((\S+?)\): (.+)$", text)
    assert sorted(page for page, _ in lines) == sorted(map(str, site_pages.pages(ROOT)))
    assert all((site / page).is_file() for page, _ in lines)
    assert text.startswith("# framegate\n\n> ")


def test_llms_full_holds_every_english_page(site):
    text = (site / "llms-full.txt").read_text(encoding="utf-8")
    for page in site_pages.pages(ROOT):
        is_english = site_pages.language(page) == site_pages.ENGLISH
        assert (f"<!-- {page} -->" in text) is is_english
        assert ((ROOT / page).read_text(encoding="utf-8") in text) is is_english


# --- strict -----------------------------------------------------------------------------------


@pytest.fixture
def pages(tmp_path):
    """A small repository; its builder answers how many pages there are."""
    root = tmp_path / "root"
    (root / "docs").mkdir(parents=True)
    (root / "docs" / f"a{MD}").write_text("# A\n\nIts words.\n\n## One\n")

    def built(text):
        (root / "README.md").write_text(f"# Home\n\n{text}\n")
        return build_site.build_site(root, tmp_path / "built")

    return built


def test_good_links_pass(pages):
    assert pages(f"[a](docs/a{MD}) and [one](docs/a{MD}#one)") == 2


@pytest.mark.parametrize(
    "link",
    [f"docs/b{MD}", f"docs/a{MD}#two", "docs", f"/docs/a{MD}", "#nowhere", "docs/a.png"],
    ids=["no page", "no anchor", "a folder", "from the root", "no anchor here", "no file"],
)
def test_link_that_leads_nowhere_fails_the_build(pages, link):
    with pytest.raises(Abort):
        pages(f"[there]({link})")


def test_wrong_use_is_answered_with_the_usage(capsys):
    assert build_site.main([]) == 2
    assert "usage:" in capsys.readouterr().err


def test_site_of_this_repository_is_not_committed():
    done = subprocess.run(["git", "check-ignore", "site/index.html"], cwd=ROOT, check=False)
    assert done.returncode in {0, 128}  # 128: an archive without its history.


# --- search -----------------------------------------------------------------------------------

ASKING = """
const { search } = require(process.argv[1]);
const PASSAGES = JSON.parse(require("fs").readFileSync(process.argv[2], "utf8"));
const [query, language] = process.argv.slice(3);
console.log(JSON.stringify(search(query, language, PASSAGES).map((each) => each.url)));
"""


@pytest.fixture(scope="module")
def found(site, tmp_path_factory):
    if shutil.which("node") is None:
        pytest.skip("there is no node on this machine")
    text = (site / "passages.js").read_text(encoding="utf-8")
    passages = tmp_path_factory.mktemp("search") / "passages.json"
    passages.write_text(text.removeprefix("const PASSAGES = ").removesuffix(";\n"))

    def ask(query, language):
        command = ["node", "-e", ASKING, str(SCRIPT), str(passages), query, language]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
        return json.loads(done.stdout)

    return ask


@pytest.mark.parametrize(
    ("query", "language", "url"),
    [
        ("server.port", "en", "docs/settings.html#serverport"),
        ("CREDIT-MISSING", "en", "docs/errors.html#credit-missing"),
        ('"code":1303', "en", "docs/errors.html#too-many-tasks"),
        ("rotate secret", "en", "docs/webhooks.html#rotate-the-secret"),
        ("验证签名", "zh", "docs/zh/webhooks.html#验证签名"),
        ("签名验证", "zh", "docs/zh/webhooks.html#验证签名"),
        ("冻结", "zh", "docs/zh/credits.html#先冻结再结算或释放"),
    ],
)
def test_search_finds_the_passage_first(found, query, language, url):
    assert found(query, language)[0] == url


def test_search_stays_in_the_readers_language(found):
    assert all(url.startswith(("docs/zh/", "README.zh")) for url in found("webhook", "zh"))
    assert not any("zh" in url for url in found("webhook", "en"))


@pytest.mark.parametrize("query", ["", "  ", "xyzzy", "(a+)+b", "饕餮纹样"])
def test_search_for_nothing_finds_nothing(found, query):
    assert found(query, "en") == []
