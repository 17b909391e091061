"""Faults are small, are Python, and stand only where code runs."""

import ast
from textwrap import dedent

import pytest

from tests.mutation.checkout import KILLED, SURVIVED, Copy
from tests.mutation.mutants import mutants


def faults(text: str) -> set[str]:
    return {mutant.applied(text) for mutant in mutants(text)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a < b", {"a <= b"}),
        ("a is not b", {"a is b"}),
        ("(a) in (b)", {"(a) not in (b)"}),
        ("a < b == c", {"a <= b == c", "a < b != c"}),
        ("a and b or c", {"a or b or c", "a and b and c"}),
        ("not a", {"a"}),
        ("a + 'ü ü'", {"a - 'ü ü'"}),
        ("x = 1", {"x = 2"}),
        ("x = True", {"x = False"}),
        ("x = 'word'", {"x = 'not word'"}),
        ("x = 'a sentence'", set()),
        ("x = f'{a + b}'", set()),
        ("[x for x in y if x]", {"[x for x in y if True]"}),
        ("if a: b()", {"if not (a): b()", "if a: pass"}),
        ("def f(): return a", {"def f(): return None"}),
        ("def f(): return None", set()),
        ("raise Error()", {"pass"}),
        ("def f(a: Literal['x'] = 1) -> 'T': 'told'", {"def f(a: Literal['x'] = 2) -> 'T': 'told'"}),
        ("__all__ = ['a']", set()),
        ("Kind = Literal['a', 'b']", set()),
    ],
)
def test_the_faults_of_a_line(text: str, expected: set[str]):
    """Operators turn around, conditions too, constants change, statements vanish; types, texts and names stay."""
    assert faults(text) == expected


def test_every_fault_is_python_and_changes_something():
    """Nothing is counted as killed because it could not be read."""
    text = dedent(
        """
        def found(värde):
            for part in värde:
                if part.width > 2 and not part.done:
                    continue
                yield {"width": part.width + 1, "ü": part.name}
        """
    )
    made = mutants(text)
    assert len(made) > 5
    for mutant in made:
        assert ast.dump(ast.parse(mutant.applied(text))) != ast.dump(ast.parse(text))
        before, after = mutant.changed(text)
        assert before != after
        assert before in mutant.diff(text, "found.py")


def test_a_fault_is_noticed_and_then_is_gone(tmp_path):
    """A copy whose code is broken fails its tests, the same copy without the fault passes them."""
    core, folder = tmp_path / "libs/wfcore/src/wfcore", tmp_path / "tests/wfcore"
    core.mkdir(parents=True)
    folder.mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text("[tool.pytest.ini_options]\naddopts = '--import-mode=importlib'\n")
    (core / "__init__.py").write_text("")
    (core / "sums.py").write_text("def twice(n):\n    return n + n\n")
    test = "from wfcore.sums import twice\n\ndef test_twice():\n    assert twice(2) == 4\n"
    (folder / "test_sums.py").write_text(test)
    copy, tests = Copy(tmp_path), ("tests/wfcore/test_sums.py",)
    assert copy.clean_seconds(tests) < 60
    file = core / "sums.py"
    verdicts = [
        copy.verdict(file, text, tests, 60) for text in ("def twice(n):\n    return n * n\n", *faults(file.read_text()))
    ]
    assert verdicts[0] == SURVIVED
    assert set(verdicts[1:]) == {KILLED}
    assert copy.clean_seconds(tests) < 60
