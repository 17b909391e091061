"""`workflow-cli`: what can be typed, and nothing else. The work is imported when its command runs."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NoReturn

import typer

from wfcli.terminal.paint import Paint

if TYPE_CHECKING:
    from wfcli import calling

FAILED, USAGE, ERROR = 1, 2, 3
"""Exit codes: a check that failed, a wrong call (typer uses 2 as well), something broke."""

DEFAULT_WORKFLOWS = Path("workflows")

app = typer.Typer(
    name="workflow-cli",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

schema = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Look at JSON Schemas.")
app.add_typer(schema, name="schema")

_Namespace = Annotated[str | None, typer.Option("--namespace", "-n", help="Namespace of what names none.")]


def main() -> None:
    """The entry point. Errors that somebody can do something about are told without a traceback."""
    from wfcli.local.errors import CannotStart

    try:
        app(prog_name="workflow-cli")
    except CannotStart as error:
        _fail(str(error))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes once more at its end
        sys.exit(ERROR)
    except OSError as error:
        _fail(f"{error.filename}: {error.strerror}" if error.filename else str(error))


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"workflow-cli {version('wfcli')}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Workflows that answer HTTP calls: start the engine, check definitions, run a workflow.

    \b
    workflow-cli dev --demo                  start everything on this machine, with five sample workflows
    workflow-cli validate ./workflows        check definitions without a running engine
    workflow-cli run inventory-check -i '{"skus": ["SKU-1", "SKU-2", "SKU-3"]}'
    workflow-cli doctor                      say what this machine lacks
    """


@app.command()
def dev(
    demo: Annotated[bool, typer.Option("--demo", help="With the demo upstream and its sample workflows.")] = False,
    data: Annotated[Path, typer.Option(help="Where everything is kept.")] = Path(".workflow"),
    workflows: Annotated[
        list[Path] | None, typer.Option(help="Folder of definitions to watch; may be repeated. [default: workflows]")
    ] = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Of the gateway; the next free one is taken.")] = 8080,
    nats_url: Annotated[
        str | None, typer.Option(envvar="WORKFLOW_NATS_URL", help="Use this NATS instead of an own one.")
    ] = None,
    database_url: Annotated[
        str | None, typer.Option(envvar="WORKFLOW_DATABASE_URL", help="Use this PostgreSQL instead of an own one.")
    ] = None,
    reset: Annotated[bool, typer.Option("--reset", help="Throw away all data of earlier starts first.")] = False,
    json: Annotated[
        bool, typer.Option("--json", help="One line of JSON on stdout when ready, the rest on stderr.")
    ] = False,
    no_open: Annotated[bool, typer.Option("--no-open", help="Never open a browser.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show the logs of all services.")] = False,
    namespace: _Namespace = None,
) -> None:
    """Start the engine on this machine: the real NATS, the real PostgreSQL, every service its own process.

    \b
    workflow-cli dev                         watch ./workflows
    workflow-cli dev --demo                  with the demo upstream and five sample workflows
    workflow-cli dev --workflows ./a --workflows ./b --port 9090
    workflow-cli dev --json | head -1        for scripts: all addresses in one line

    A changed definition is live within a second. One Ctrl-C ends everything in order, a second one at once.
    """
    from wfcli.dev import Options, live

    for folder in workflows or []:
        if not folder.exists():
            _fail(f"--workflows {folder}: there is no such folder; make it, or name another", USAGE)
    options = Options(
        data=data,
        workflows=tuple(workflows or [DEFAULT_WORKFLOWS]),
        demo=demo,
        port=port,
        nats_url=nats_url,
        database_url=database_url,
        reset=reset,
        json=json,
        verbose=verbose,
        namespace=namespace,
    )
    sys.exit(live(options))


@app.command()
def validate(
    paths: Annotated[list[Path], typer.Argument(exists=True, help="Files, and folders to search.")],
    strict: Annotated[bool, typer.Option("--strict", help="Every warning is an error.")] = False,
    output: Annotated[Literal["table", "json"], typer.Option("--output", "-o", help="How to tell.")] = "table",
    namespace: _Namespace = None,
) -> None:
    """Check definitions without a running engine: syntax, names, cycles, types, time.

    \b
    workflow-cli validate ./workflows
    workflow-cli validate order.yaml tasks/ --strict
    workflow-cli validate ./workflows -o json | jq '.diagnostics[].code'

    A reference to something that is not in these files is a warning, because it may be applied later.
    Exit code: 0 sound, 1 errors found, 2 wrong usage, 3 something broke.
    """
    from wfcli import reporting, validating

    try:
        checked = validating.check(paths, namespace=namespace or "default", strict=strict)
    except validating.NothingToValidate as nothing:
        _fail(str(nothing), USAGE)
    typer.echo(reporting.as_json(checked) if output == "json" else reporting.as_text(checked, Paint.on(sys.stdout)))
    sys.exit(FAILED if checked.errors else 0)


@app.command()
def run(
    workflow: Annotated[str, typer.Argument(help="Its name, or namespace/name.")],
    input: Annotated[str, typer.Option("--input", "-i", help="JSON, @file, or - for standard input.")] = "{}",
    namespace: Annotated[
        str | None, typer.Option("--namespace", "-n", help="Its namespace; without it the gateway's default.")
    ] = None,
    url: Annotated[str, typer.Option(envvar="WORKFLOW_URL", help="Where the gateway is.")] = "http://127.0.0.1:8080",
    output: Annotated[
        Literal["output", "json"], typer.Option("--output", "-o", help="The output alone, or the whole answer.")
    ] = "output",
    local: Annotated[bool, typer.Option("--local", help="Without a gateway, from files; needs --mock.")] = False,
    mock: Annotated[bool, typer.Option("--mock", help="With --local: call nothing, mocks answer.")] = False,
    mocks: Annotated[
        str | None,
        typer.Option(
            help="With --mock: more of them by task, as JSON, @file, or -. They go before those of the tasks."
        ),
    ] = None,
    folders: Annotated[
        list[Path] | None,
        typer.Option(
            "--dir", exists=True, help="With --local: folder or file of definitions; repeatable. [default: workflows]"
        ),
    ] = None,
) -> None:
    """Run a workflow and print its output.

    \b
    workflow-cli run order-processing -i '{"orderId": "42"}'
    workflow-cli run order-processing -i @order.json -o json
    jq -n '{orderId: "42"}' | workflow-cli run shop/order-processing -i -
    workflow-cli run shop/order-processing --local --mock --dir ./shop -i @order.json
    workflow-cli run order-processing --local --mock --mocks '{"pay": {"status": 402}}' -i @order.json

    The output goes to stdout, a summary to stderr.
    Exit code: 0 answered, 1 the run failed or was refused, 2 wrong usage, 3 no gateway.
    """
    from wfcli import calling

    if local != mock or ((mocks is not None or folders) and not mock):
        _fail(
            "runs without a gateway are mocked runs: write --local --mock, beside which --mocks and --dir stand", USAGE
        )
    if "/" in workflow and namespace is None:
        namespace, _, workflow = workflow.partition("/")
    try:
        given = calling.read_input(input)
        if local:
            extra = "{}" if mocks is None else mocks
            answer = _mocked(workflow, namespace, given, calling.read_input(extra, "--mocks"), folders)
        else:
            answer = calling.execute(url, workflow, namespace, given)
    except calling.BadInput as bad:
        _fail(str(bad), USAGE)
    except calling.NoAnswer as nobody:
        _fail(str(nobody))
    shown = answer.body if output == "json" else answer.output
    if shown is not None:
        typer.echo(calling.pretty(shown))
    paint = Paint.on(sys.stderr)
    typer.echo(paint.quiet(answer.summary) if answer.ok else paint.bad(answer.summary), err=True)
    sys.exit(0 if answer.ok else FAILED)


def _mocked(
    workflow: str, namespace: str | None, given: bytes, mocks: bytes, folders: list[Path] | None
) -> "calling.Answer":
    """Run from files; what a gateway would refuse and how the tasks went is told on stderr."""
    from wfcli import mocked_runs, planning, reporting, validating

    paint = Paint.on(sys.stderr)
    try:
        ran = mocked_runs.run(workflow, _folders(folders), given, mocks, namespace=namespace or "default")
    except (planning.NoSuchWorkflow, validating.NothingToValidate) as wrong:
        _fail(str(wrong), USAGE)
    except planning.NotSound as unsound:
        typer.echo(reporting.as_text(unsound.checked, paint), err=True)
        _fail("only a workflow without errors can be run", FAILED)
    for each in ran.warnings:
        typer.echo(f"{paint.warning('warning:')} {each.position}: {each.message}", err=True)
    if ran.tasks:
        typer.echo(mocked_runs.tasks_as_text(ran.tasks, paint), err=True)
    return ran.answer


def _folders(named: list[Path] | None) -> list[Path]:
    """Where definitions are read from."""
    if not named and not DEFAULT_WORKFLOWS.exists():
        _fail(f"there is no folder `{DEFAULT_WORKFLOWS}` here; name the one of your definitions with --dir", USAGE)
    return named or [DEFAULT_WORKFLOWS]


@app.command()
def plan(
    workflow: Annotated[str, typer.Argument(help="Its name, or namespace/name.")],
    folders: Annotated[
        list[Path] | None,
        typer.Option("--dir", exists=True, help="Folder or file of definitions; may be repeated. [default: workflows]"),
    ] = None,
    input: Annotated[
        str | None, typer.Option("--input", "-i", help="Check this input too: JSON, @file, or - for standard input.")
    ] = None,
    output: Annotated[
        Literal["text", "json", "mermaid", "dot"], typer.Option("--output", "-o", help="How to tell.")
    ] = "text",
    namespace: _Namespace = None,
) -> None:
    """Show how a workflow will run, without a running engine: groups, critical path, worst case, graph.

    \b
    workflow-cli plan order-processing
    workflow-cli plan shop/order-processing --dir ./shop -i @order.json
    workflow-cli plan order-processing -o dot | dot -Tsvg > order.svg

    Nothing is called. The times are the timeouts, so they are upper bounds.
    Exit code: 0 planned, 1 the workflow or the input is not sound, 2 wrong usage, 3 something broke.
    """
    from wfcli import calling, planning, reporting, validating
    from wfcore import plan as drawing

    if "/" in workflow and namespace is None:
        namespace, _, workflow = workflow.partition("/")
    paths = _folders(folders)
    try:
        given = None if input is None else calling.read_input(input)
        planned = planning.plan(workflow, paths, namespace=namespace or "default", given=given)
    except (calling.BadInput, planning.NoSuchWorkflow, validating.NothingToValidate) as wrong:
        _fail(str(wrong), USAGE)
    except planning.NotSound as unsound:
        typer.echo(reporting.as_text(unsound.checked, Paint.on(sys.stderr)), err=True)
        _fail(str(unsound), FAILED)
    match output:
        case "text":
            typer.echo(planning.as_text(planned, Paint.on(sys.stdout)))
        case "json":
            typer.echo(planning.as_json(planned))
        case "mermaid":
            typer.echo(drawing.as_mermaid(planned.plan), nl=False)
        case "dot":
            typer.echo(drawing.as_dot(planned.plan), nl=False)
    if not planned.ok:
        _fail(f"the input does not fit the inputSchema:\n{planning.input_problems(planned)}", FAILED)


@app.command("eval")
def evaluate(
    expression: Annotated[str, typer.Argument(help="Without the {{ }} around it.")],
    data: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="JSON or YAML; its keys are the names.")],
    types: Annotated[
        Path | None,
        typer.Option("--schema", exists=True, dir_okay=False, help="JSON Schema of the data: check the types first."),
    ] = None,
    output: Annotated[Literal["text", "json"], typer.Option("--output", "-o", help="How to tell.")] = "text",
) -> None:
    """Evaluate an expression over a document, as a workflow would.

    \b
    workflow-cli eval 'input.items.map(i, i.price * i.count).sum()' --data order.yaml
    workflow-cli eval 'input.?note.orValue("none")' --data order.json --schema scope.json -o json

    Exit code: 0 a value, 1 the expression or its data is wrong, 2 wrong usage, 3 something broke.
    """
    from wfcli import evaluating

    try:
        scope = evaluating.document(data)
        evaluated = evaluating.evaluate(expression, scope, None if types is None else evaluating.document(types))
    except evaluating.BadDocument as bad:
        _fail(str(bad), USAGE)
    if output == "json":
        typer.echo(evaluating.as_json(evaluated))
    else:
        told = evaluating.faults_as_text(evaluated, Paint.on(sys.stderr))
        if told:
            typer.echo(told, err=True)
        if evaluated.ok:
            typer.echo(evaluating.value_as_text(evaluated, Paint.on(sys.stdout)))
    sys.exit(0 if evaluated.ok else FAILED)


@app.command()
def doctor(
    data: Annotated[Path, typer.Option(help="Where `dev` keeps everything.")] = Path(".workflow"),
    output: Annotated[Literal["table", "json"], typer.Option("--output", "-o", help="How to tell.")] = "table",
) -> None:
    """Say what this machine lacks to run the engine, and what to do about it.

    \b
    workflow-cli doctor
    workflow-cli doctor -o json

    Exit code: 0 all well, 1 something is wrong.
    """
    from wfcli import doctoring, reporting

    findings = doctoring.examine(data)
    paint = Paint.on(sys.stdout)
    typer.echo(
        reporting.findings_as_json(findings) if output == "json" else reporting.findings_as_text(findings, paint)
    )
    sys.exit(0 if all(finding.ok for finding in findings) else FAILED)


@schema.command()
def compare(
    producer: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Schema of what is given.")],
    consumer: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Schema of what is taken.")],
    output: Annotated[Literal["text", "json"], typer.Option("--output", "-o", help="How to tell.")] = "text",
) -> None:
    """Does every value that one schema describes fit another? JSON or YAML files, JSON Schema 2020-12.

    \b
    workflow-cli schema compare order.json invoice.json
    workflow-cli schema compare order.yaml invoice.yaml -o json | jq '.findings[].rule'

    A "no" comes with a value that shows it. Properties that a schema does not declare are not given on.
    Exit code: 0 yes, 1 no, 2 wrong usage or no schema, 3 something broke, 4 undecided.
    """
    from wfcli import comparing

    try:
        answer = comparing.compare(producer, consumer)
    except comparing.BadSchema as bad:
        _fail(str(bad), USAGE)
    paint = Paint.on(sys.stdout)
    told = comparing.as_json(answer) if output == "json" else comparing.as_text(answer, producer, consumer, paint)
    typer.echo(told)
    sys.exit(comparing.EXIT_CODES[answer.verdict])


def _fail(message: str, code: int = ERROR) -> NoReturn:
    """Tell what is wrong and leave."""
    typer.echo(f"{Paint.on(sys.stderr).bad('error:')} {message}", err=True)
    sys.exit(code)
