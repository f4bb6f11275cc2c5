"""Hyperparameters as arguments: the rules of lib/training/hyperparameters.ts, which a test holds against these."""

from decimal import Decimal


def arguments(hyperparameters):
    """`--learning_rate=0.001`, `--layers 512 256`, `--amp` or `--no-amp`, as Python's argparse reads them."""
    result = []
    for name, value in hyperparameters.items():
        if isinstance(value, bool):
            result.append(f"--{name}" if value else f"--no-{name}")
        elif isinstance(value, list):
            result += [f"--{name}", *map(as_written, value)]
        else:
            result.append(f"--{name}={as_written(value)}")
    return result


def as_written(value):
    """Kubernetes puts a variable in the place of `$(NAME)`, and leaves `$$(NAME)` as `$(NAME)`."""
    text = value if isinstance(value, str) else number(value)
    return text.replace("$(", "$$(")


def number(value):
    """A number as JavaScript writes it, so that a trial and a TrainingJob read the same text: 1e-7, not 1e-07."""
    if isinstance(value, int):
        return str(value)
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    text = "".join(map(str, digits))
    point = exponent + len(text)
    if text == "0":
        return "0"
    if not -6 < point <= 21:
        mantissa = text[0] + (f".{text[1:]}" if len(text) > 1 else "")
        text = f"{mantissa}e{point - 1:+d}"
    elif point <= 0:
        text = f"0.{'0' * -point}{text}"
    elif point < len(text):
        text = f"{text[:point]}.{text[point:]}"
    else:
        text = text + "0" * (point - len(text))
    return f"-{text}" if sign else text
