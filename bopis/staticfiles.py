"""Static files of production: compressed, named by their hash, the imports of ES modules renamed too."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class ModuleAwareStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # untyped package
    """Whitenoise's storage that also follows `import ... from "./other.js"`."""

    support_js_module_import_aggregation = True
