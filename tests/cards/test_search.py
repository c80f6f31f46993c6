"""Looking cards and topics up by the words that people type."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cards.deck import house
from cards.generate import BY_ID
from cards.model import Card
from cards.search import Index
from cards.terms import words

DECK = house()
TOPICS = {f"stride/{topic}": title for topic, title in DECK.topics.items()}


def placed(card: Card) -> Card:
    facts = tuple(f"stride/{fact}" for fact in card.facts)
    return replace(card, id=f"stride/{card.id}", topic=f"stride/{card.topic}", facts=facts)


@pytest.fixture(scope="module")
def index() -> Index:
    """The house deck, named as the tutor names it."""
    cards = {f"stride/{card.id}": placed(card) for card in DECK.cards}
    return Index(cards, TOPICS, {f"~{family}": BY_ID[family] for family in BY_ID})


def found(index: Index, text: str, limit: int = 5) -> list[str]:
    return [hit.name.removeprefix("stride/") for hit in index.search(text, limit).hits]


@pytest.mark.parametrize(
    ("typed", "card"),
    [
        ("fc", "lin-last"),
        ("dense layer params", "lin-params"),
        ("fully connected parameters", "lin-params"),
        ("bn", "bn-params"),
        ("mha params", "mha-params"),
        ("#params lstm", "rnn-params-lstm"),
        ("deconv", "convt-four-times"),
        ("conv_transpose2d", "convt-square-shape"),
        ("nn.MaxPool1d stride default", "pool-stride-default"),
        ("batch_first", "rnn-batch-first-output"),
        ("batch first", "rnn-batch-first-output"),
        ("same padding", "conv1d-same"),
        ("atrous weights", "conv1d-dilation-weights"),
        ("receptive field", "conv-receptive-field"),
        ("channels last", "conv2d-memory-format-what"),
        ("softmax before cross entropy", "mistake-softmax-before-ce"),
        ("mat1 and mat2 shapes cannot be multiplied", "lin-mismatch"),
        ("vocab lookup largest index", "emb-largest"),
        ("early stopping", "reg-earlystop-stop"),
        ("view vs permute", "view-not-permute"),
        ("dying relu", "act-relu-dead"),
        ("eval vs no_grad", "ag-eval-records"),
        ("f1 score", "met-f1-value"),
        ("kernel_size=3 padding=1", "conv1d-padding-one"),
        ("32x3x100", "conv1d-k3p1"),
        ("k3 p1", "conv1d-k3p1"),
        ("1x1 conv", "conv-pointwise"),
        ("what happens if stride is zero", "conv1d-stride-zero"),
        ("causal mask", "tf-mask"),
        ("what is the output length of a Conv1d?", "conv1d-shrink"),
    ],
)
def test_other_names_and_code_find_the_card_that_they_mean(index: Index, typed: str, card: str) -> None:
    assert card in found(index, typed)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("droput", "dropout"),
        ("convlution", "convolution"),
        ("embedidng", "embedding"),
        ("transformr", "transformer"),
        ("sofmax", "softmax"),
        ("nn.Conv1s", "conv1d"),
        ("flaten", "flatten"),
        ("BatchNrom1d", "batchnorm1d"),
        ("upsampel", "upsample"),
    ],
)
def test_a_misspelt_word_is_taken_for_the_nearest_and_that_is_said(index: Index, typed: str, meant: str) -> None:
    search = index.search(typed)
    assert search.hits
    assert meant in search.read.values()


@pytest.mark.parametrize("typed", ["gelu", "unfold", "cheese", "nn.Hardswish", "paper"])
def test_a_word_that_is_right_is_not_taken_for_another(index: Index, typed: str) -> None:
    """GELU is no slip of GLU; where no card names a layer, cards about its family are found."""
    assert not index.search(typed).read


@pytest.mark.parametrize(("one", "other"), [
    ("pooling windows", "pool window"), ("biases", "bias"), ("strided", "stride"), ("normalization", "normalisation"),
    ("AXES", "axis"), ("Conv1D", "conv1d"), ("max pool", "maxpool"), ("dropouts", "Dropout"),
])  # fmt: skip
def test_endings_capitals_and_spaces_change_nothing(index: Index, one: str, other: str) -> None:
    assert found(index, one, 3) == found(index, other, 3)


def test_the_name_of_a_card_or_of_a_fact_finds_it_first(index: Index) -> None:
    assert found(index, "conv1d-k3p1")[0] == "conv1d-k3p1"
    assert found(index, "stride/conv1d-k3p1")[0] == "conv1d-k3p1"
    assert set(found(index, "conv1d-len", 2)) == {"conv1d-length", "conv1d-length-rule"}


def test_the_name_of_the_deck_is_no_word_of_its_cards(index: Index) -> None:
    assert all(
        "stride" in f"{hit.card.front} {hit.card.answer} {hit.card.reason}" for hit in index.search("stride").hits
    )


@pytest.mark.parametrize("card", DECK.cards[::9], ids=lambda card: card.id)
def test_the_words_of_a_question_find_its_card(index: Index, card: Card) -> None:
    assert card.id in found(index, f"{card.front} {card.code}")


def test_a_word_that_is_being_typed_is_taken_for_its_beginning(index: Index) -> None:
    assert "do-default" in [hit.card.id.removeprefix("stride/") for hit in index.search("dropo", 30, typing=True).hits]
    assert index.search("conv1d dil", typing=True).hits[0].card.front.count("dilation")
    assert index.search("co", typing=True).hits


@pytest.mark.parametrize("typed", ["xqzzyw", "!!!", "", "   ", "\u200b", "🦙"])
def test_where_nothing_is_found_words_are_offered_that_find_something(index: Index, typed: str) -> None:
    search = index.search(typed)
    assert not search.hits
    assert search.instead
    assert all(index.search(words).hits for words in search.instead)


def test_words_that_say_nothing_are_passed_over(index: Index) -> None:
    assert found(index, "what is the shape of an embedding?") == found(index, "shape embedding")


def test_a_question_as_long_as_a_book_is_read_as_far_as_it_helps(index: Index) -> None:
    assert index.search("dropout " * 10_000).hits


@pytest.mark.parametrize("typed", ["conv", "Convolution", "convolutional", "cnn", "convs"])
def test_conv_means_every_topic_about_convolution(index: Index, typed: str) -> None:
    scope = index.topics(typed)
    topics = {topic.removeprefix("stride/") for topic in scope.topics}
    assert topics == {"conv1d-padding", "conv1d", "conv-values", "conv-weights", "conv2d", "conv-transposed"}
    assert {"~conv1d-length", "~conv2d-shape", "~convtranspose1d-length"} <= set(scope.skills)
    assert all(DECK.topics[name.partition("/")[2]] for name in scope.topics)
    assert len(scope.cards) == sum(card.topic in topics for card in DECK.cards)


@pytest.mark.parametrize(
    ("typed", "topic"),
    [
        ("pool", "pooling"), ("rnn", "recurrent"), ("loss", "losses"), ("norm", "norm"), ("droput", "dropout"),
        ("conv1d padding", "conv1d-padding"), ("Conv1d: padding", "conv1d-padding"), ("conv2d", "conv2d"),
        ("optimizer", "optimisation"), ("deconv", "conv-transposed"), ("activatons", "activations"), ("fc", "linear"),
        ("mha", "attention"), ("transposed convolution", "conv-transposed"), ("data loading", "data"),
    ],
)  # fmt: skip
def test_words_find_the_topic_that_they_mean(index: Index, typed: str, topic: str) -> None:
    assert index.topics(typed).topics == (f"stride/{topic}",)


@pytest.mark.parametrize(
    ("typed", "skill", "card"),
    [
        ("batchnorm", "~batchnorm-mode", "bn-params"), ("lstm", "~rnn-params", "rnn-params-lstm"),
        ("flatten", "~flatten-shape", "flat-default"), ("view", "~view-order", "view-numel"),
        ("f1", "~metric", "met-f1-value"), ("receptive field", "~conv-receptive", "conv-receptive-field"),
        ("dilation", "~conv1d-length", "conv1d-dilation-weights"), ("matmul", "~matmul", "mm-batch-shape"),
        ("embedding", "~embedding-shape", "emb-shape"),
    ],
)  # fmt: skip
def test_words_that_mean_part_of_a_topic_give_what_is_about_them(
    index: Index, typed: str, skill: str, card: str
) -> None:
    scope = index.topics(typed)
    assert not scope.topics
    assert skill in scope.skills
    assert f"stride/{card}" in scope.cards
    assert len(scope.cards) < len(DECK.cards) / 4


def test_no_words_or_everything_mean_all_there_is(index: Index) -> None:
    assert index.topics("") == index.topics("everything")
    assert len(index.topics("").cards) == len(DECK.cards)
    assert len(index.topics("").skills) == len(BY_ID)


def test_a_topic_that_there_is_not_is_answered_with_topics_that_there_are(index: Index) -> None:
    scope = index.topics("xqzzyw")
    assert (scope.topics, scope.cards, scope.skills) == ((), (), ())
    assert all(index.topics(words).topics for words in scope.instead)


def test_an_empty_deck_finds_nothing_and_breaks_nothing() -> None:
    empty = Index({}, {})
    assert not empty.search("conv1d").hits
    assert not empty.topics("conv1d").cards


def test_decks_in_other_languages_are_found_by_their_words() -> None:
    def card(name: str, front: str, answer: str) -> Card:
        return Card(id=f"mine/{name}", kind="recall", topic="mine/x", front=front, answer=answer, reason="", facts=())

    cards = [card("a", "卷积层的步长是什么", "stride"), card("b", "Größe des Kerns?", "drei"), card("c", "Ёлка", "да")]
    index = Index({each.id: each for each in cards}, {"mine/x": "X"})
    assert [hit.name for hit in index.search("步长").hits] == ["mine/a"]
    assert [hit.name for hit in index.search("größe").hits] == ["mine/b"]
    assert [hit.name for hit in index.search("ёлка").hits] == ["mine/c"]


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("nn.Conv1d(3, 16, kernel_size=3)", ["nn", "conv1d", "3", "16", "kernelsis", "3", "k3"]),
        ("conv1d-k3p1", ["conv1d", "k3p1"]),
        ("1e-3 0.5 32x3", ["1e-3", "0.5", "32", "3"]),
        ("adding added add", ["add"] * 3),
        ("speed need string", ["speed", "need", "string"]),
    ],
)
def test_text_is_read_as_terms(text: str, terms: list[str]) -> None:
    assert [word.term for word in words(text)] == terms
