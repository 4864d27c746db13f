"""The tool chains of the languages that chapters show code in: their versions, and how a program of each is made."""
import collections
import pathlib
import shutil
import subprocess

Program = collections.namedtuple("Program", "language version command")

LANGUAGES = {
    ".go": ("Go", "go", ["go", "version"]),
    ".java": ("Java", "javac", ["java", "-version"]),
    ".py": ("Python", "python3", ["python3", "--version"]),
    ".mjs": ("Node", "node", ["node", "--version"]),
    ".rs": ("Rust", "rustc", ["rustc", "--version"]),
    ".c": ("C", "gcc", ["gcc", "--version"]),
}


def version_of(suffix):
    """The first line that a tool chain says of itself; None where it is not here."""
    _, tool, asks = LANGUAGES[suffix]
    if not shutil.which(tool):
        return None
    said = subprocess.run(asks, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True, check=True)
    return said.stdout.splitlines()[0].strip()


def command_of(source, into):
    """Makes a program and says how it is started. into: a folder for what is compiled."""
    source = pathlib.Path(source)
    out = pathlib.Path(into) / source.name.replace(".", "-")
    compiler = {
        ".go": ["go", "build", "-o", out, source],
        ".java": ["javac", "-d", into, source],
        ".rs": ["rustc", "--edition", "2021", "-O", "-o", out, source],
        ".c": ["gcc", "-O", "-o", out, source],
    }.get(source.suffix)
    if compiler:
        subprocess.run([str(word) for word in compiler], check=True)
    return {
        ".java": ["java", "-cp", str(into), source.stem],
        ".py": ["python3", str(source)],
        ".mjs": ["node", str(source)],
    }.get(source.suffix, [str(out)])


def programs(folder, into):
    """The programs of a folder, made, in the order of LANGUAGES. Ends where a tool chain is not here."""
    found = {path.suffix: path for path in pathlib.Path(folder).iterdir() if path.suffix in LANGUAGES}
    missing = [LANGUAGES[suffix][1] for suffix in found if version_of(suffix) is None]
    if missing:
        raise SystemExit(f"not measured: {', '.join(missing)} is not here")
    return [
        Program(LANGUAGES[suffix][0], version_of(suffix), command_of(found[suffix], into))
        for suffix in LANGUAGES
        if suffix in found
    ]
