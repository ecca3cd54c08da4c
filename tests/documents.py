"""Documents of taps and policies, judged by what the description of the REST interface says of requests.

Whatever a test gives to a program, and the program takes, is judged where VISOR_OPENAPI names print_openapi and the
modules yaml and jsonschema are there.
"""
import functools
import json
import os
import subprocess

SCHEMAS = {"taps": "TapDocument", "policies": "PolicyDocument"}


def typed(node):
    """Scalars as the programs type them: digits alone are a number, true and false a boolean, quoted or not."""
    if isinstance(node, dict):
        return {key: typed(value) for key, value in node.items()}
    if isinstance(node, list):
        return [typed(item) for item in node]
    if node.isascii() and node.isdigit():
        return int(node)
    return {"true": True, "false": False}.get(node.lower(), node)


def parts(text):
    """The section of each tap and policy of a document, and the document with that one alone, as a request has it."""
    import yaml
    document = typed(yaml.load(text, Loader=yaml.BaseLoader))
    for section in SCHEMAS:
        for name, thing in (document["visor"].get(section) or {}).items():
            yield section, {**document, "visor": {section: {name: thing}}}


def named(schema):
    return {"$ref": f"#/components/schemas/{schema}"}


def validator(api, schema):
    """Of a schema that may refer to those of the description."""
    import jsonschema
    return jsonschema.Draft202012Validator({**schema, "components": api["components"]})


class Judge:
    def __init__(self, api):
        self.validators = {section: validator(api, named(schema)) for section, schema in SCHEMAS.items()}

    def errors(self, section, document):
        return [f"{error.json_path}: {error.message}" for error in self.validators[section].iter_errors(document)]

    def check(self, text):
        """How many taps and policies there are, all of which are as described."""
        judged = 0
        for section, document in parts(text):
            wrong = self.errors(section, document)
            assert not wrong, f"taken, and not as described: {document}: {wrong}"
            judged += 1
        return judged


@functools.lru_cache(maxsize=None)
def _judge():
    try:
        import jsonschema  # noqa: F401
        import yaml  # noqa: F401
        program = os.environ["VISOR_OPENAPI"]
    except (ImportError, KeyError):
        return None
    return Judge(json.loads(subprocess.run([program], check=True, stdout=subprocess.PIPE).stdout))


def taken(text):
    """To be called with each document that a program took."""
    judge = _judge()
    return judge.check(text) if judge else 0


def file_taken(arguments):
    """The same with the arguments of a program that runs: its configuration file was taken."""
    arguments = [str(argument) for argument in arguments]
    if "--config" in arguments:
        with open(arguments[arguments.index("--config") + 1], "rb") as file:
            taken(file.read())
