"""HTML to text and back: what is meant stays, nothing that does something does, and no text takes long."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.html_text import code_html, read_html, text_of, to_html

PARTS = [
    *("<!--", "-->", "<!", "<?", "</", "<a ", "<a b='", "<![CDATA[", "&", "&#", "<", ">", "<script>", "</script>"),
    *("<pre>", "</pre>", "<code>", "</code>", "<img alt='x'>", "[sound:", "]", "<br>", "x", " ", "\n", "`", "&lt;"),
    *("&#x41;", "&nbsp;", "<li>", "<td>", "\ud800", "\x00", "é", "{{c1::", "}}", "<style>", "<svg>", "=", '"', "'"),
]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("a<br>b<br/>c", "a\nb\nc"),
        ("<div>a</div><div><br></div><p>b</p>c", "a\nb\nc"),
        ("<ul><li>a</li><li> b</ul>", "- a\n- b"),
        ("a &lt;b&gt; &amp;amp; &eacute; &#233; &#x4e00;", "a <b> &amp; é é 一"),
        ("a&nbsp;&nbsp; \n\t b", "a b"),
        ("x<sup>2</sup> y<sub>i</sub>", "x^2 y_i"),
        ("<b>bold</b><i>er</i> <a href='https://x'>link</a>", "bolder link"),
        ("<script>alert(1)</script>a<style>b{}</style><!-- c -->d", "ad"),
        ("<SCRIPT >x</SCRIPT\n>y", "y"),
        ("<script>never closed", ""),
        (r"\(x^2\) and \[y\] and [latex]z[/latex]", r"\(x^2\) and \[y\] and [latex]z[/latex]"),
        ("<anki-mathjax>x</anki-mathjax>", r"\(x\)"),
        ("use <code>nn.Linear(2,  3)</code>!", "use `nn.Linear(2, 3)`!"),
        ("<code>a`b</code>", "`a'b`"),
        ("<pre>def f():<br>    return <b>1</b>\n\nf()</pre>end", "`def f():`\n`    return 1`\n\n`f()`\nend"),
        ("<pre><code class='python'>x &lt; 1</code></pre>", "`x < 1`"),
        ("<code>a<br>b</code>", "`a`\n`b`"),
        ("<table><tr><th>a<th>b<tr><td>1<td>2</table>", "a b\n1 2"),
        ("<img src='x.png' onerror='alert(1)'>", "[picture left out]"),
        ("see <img alt='a &lt;graph&gt;' src=x> here", "see [picture left out: a <graph>] here"),
        ("a [sound:b.mp3] c [anki:play:q:0]", "a [sound left out] c"),
        ("1 < 2 and 3 <4 and <b", "1 < 2 and 3 <4 and <b"),
        ("<a title='>'>x</a>", "x"),
        ("&#99999999999;&#xd800;", "\ufffd\ufffd"),
        ("a\x00b\ud800c\u0085", "abc"),
    ],
)
def test_html_says_in_text_what_it_shows(source: str, text: str) -> None:
    assert text_of(source) == text


def test_code_is_kept_apart_from_words() -> None:
    found = read_html("What?<pre>x = 1\ny</pre>And?")
    assert [(piece.text, piece.is_code) for piece in found.pieces] == [
        ("What?", False),
        ("x = 1\ny", True),
        ("And?", False),
    ]


def test_what_is_nothing_but_pictures_is_empty() -> None:
    assert read_html("<img src=a> <img src=b alt='words'>[sound:c.mp3]").media == 3
    assert read_html("<img src=a> <img src=b alt='words'>[sound:c.mp3]").empty
    assert not read_html("<img src=a> and words").empty


@given(st.lists(st.sampled_from(PARTS), max_size=40).map("".join))
def test_any_html_is_read_and_leaves_text_alone(source: str) -> None:
    text = text_of(source)
    text.encode()  # no half of a character is left
    assert not re.search(r"[\x00-\x08\x0b-\x1f]", text)


@pytest.mark.parametrize("part", PARTS)
def test_a_hundred_thousand_signs_of_one_kind_are_read_at_once(part: str) -> None:
    """Where this took the square of the time, it would take hours."""
    text_of(part * (100_000 // len(part)))


@given(st.text(alphabet="ab `<&>[]{}'\"\n=", max_size=60))
def test_text_as_html_shows_the_same_text_and_nothing_else(text: str) -> None:
    shown = to_html(text)
    assert set(re.findall(r"<[^>]*>", shown)) <= {"<br>", "<code>", "</code>", "<pre>", "</pre>"}
    assert "[" not in shown
    assert "{{" not in shown


@given(st.text(alphabet="ab <&>[]{}'\"\n=", max_size=60))
def test_text_comes_back_from_html(text: str) -> None:
    assert text_of(to_html(text)).split() == text.split()


def test_lines_of_code_become_a_block() -> None:
    assert to_html("Run\n`x = 1`\n`    y`\nnow") == "Run<pre><code>x = 1\n    y</code></pre>now"
    assert to_html("one `x` and `y  z`, an odd ` too") == (
        "one <code>x</code> and <code>y &nbsp;z</code>, an odd ` too"
    )
    assert text_of(code_html("if a:\n    `b`")) == "`if a:`\n`    'b'`"
