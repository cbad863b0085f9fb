"""`python -m btc_fake_uploader`: the same as the command btc-fake-uploader."""

import sys

from .main import main

sys.exit(main())
