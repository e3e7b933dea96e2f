"""What holds for all tests."""

from hypothesis import settings

settings.register_profile("elman", deadline=None, derandomize=True)
settings.load_profile("elman")

collect_ignore_glob = ["golden/make*.py"]  # they need Keras
