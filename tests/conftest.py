"""What holds for all tests."""

from hypothesis import settings

settings.register_profile("elman", deadline=None, derandomize=True)
settings.register_profile("few", settings.get_profile("elman"), max_examples=10)  # .ci/sanitize
settings.load_profile("elman")

collect_ignore_glob = ["golden/make*.py"]  # they need Keras
