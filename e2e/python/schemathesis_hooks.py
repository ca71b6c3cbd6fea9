"""What schemathesis must not make up."""

import schemathesis


@schemathesis.hook
def before_call(context, case, kwargs):
    """Nobody brings the orchestrations to their end, so a long wait for it is only that."""
    path = case.operation.path
    if case.method.upper() == "POST" and ("/orchestrators" in path or "/restart" in path):
        case.query = {**(case.query or {}), "timeout": "0.01"}
