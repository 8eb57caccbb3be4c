"""Makes unmodified MLflow scripts log where Ratchet looks; Python runs it at the start of every interpreter of a job.

It imports nothing: a finder waits for the few MLflow modules that matter and hands each, once it is loaded, to
`ratchet_pin`. A script without MLflow pays a dictionary look-up an import. A sitecustomize of the environment's own
runs as well.
"""

import os
import sys

_HERE = os.path.dirname(os.path.abspath(__file__))

# Module of MLflow → (module of ratchet_pin, function that changes it).
_PINS = {
    "mlflow.utils.rest_utils": ("server_requests", "pin_requests"),
    "mlflow.tracking._tracking_service.utils": ("tracking", "pin_tracking_uri"),
    "mlflow.tracking._model_registry.utils": ("tracking", "pin_registry_uri"),
    "mlflow.tracking.fluent": ("tracking", "pin_experiment"),
    "mlflow.tracking.client": ("client", "pin_client"),
    "mlflow.tracking._model_registry.fluent": ("registry", "pin_registration"),
    "mlflow.models.model": ("models", "pin_model_logging"),
    "mlflow.tracking._tracking_service.client": ("resume", "drop_what_is_logged"),
}


class _Finder:
    """Lets the ordinary finders find, and adds one step after the module has run."""

    def find_spec(self, name, path=None, target=None):
        pin = _PINS.get(name)
        if pin is None:
            return None
        for finder in sys.meta_path:
            spec = None if finder is self else finder.find_spec(name, path, target)
            if spec is not None and spec.loader is not None:
                _run_after(spec.loader, *pin)
                return spec
        return None


def _run_after(loader, part, function):
    execute = loader.exec_module

    def exec_module(module):
        execute(module)
        try:
            pins = __import__(f"ratchet_pin.{part}", fromlist=[function])
            getattr(pins, function)(module)
        except Exception as error:  # an MLflow that looks different inside must not stop a training
            print(f"ratchet: this MLflow could not be pinned ({module.__name__}: {error!r})", file=sys.stderr)

    loader.exec_module = exec_module


def _run_the_next_sitecustomize():
    """Import the one that this one hides, by the ordinary import: importlib.util would load a dozen modules for it."""
    own = sys.modules.pop("sitecustomize", None)
    places = [(index, entry) for index, entry in enumerate(sys.path) if os.path.abspath(entry or ".") == _HERE]
    for _, entry in places:
        sys.path.remove(entry)
    try:
        import sitecustomize  # noqa: F401
    except ImportError as error:
        if error.name != "sitecustomize":
            raise
        sys.modules["sitecustomize"] = own
    finally:
        # Put back one by one: the other may have changed the path, which is what such files are for.
        for index, entry in places:
            sys.path.insert(index, entry)


if "RATCHET_TRACKING_URI" in os.environ:
    sys.meta_path.insert(0, _Finder())
_run_the_next_sitecustomize()
