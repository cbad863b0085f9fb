#!/bin/sh
# Installs packages on Debian and its family without starting the servers in them, now or at the next boot. As root:
#   install-debian.sh "PACKAGE…" "SYSTEMD-UNIT…"
set -eu
packages=$1
units=$2
policy=${POLICY_FILE:-/usr/sbin/policy-rc.d}
export DEBIAN_FRONTEND=noninteractive

# Debian starts a server as it installs it, unless this file forbids that. It is there for the time of the installation.
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 130' INT TERM HUP
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
fi

# The lists may be there, and one unreachable source must not stop the rest: only the installation decides.
apt-get -qq update || true
# shellcheck disable=SC2086
apt-get -qq -o DPkg::Lock::Timeout=120 install -y --no-install-recommends $packages

if [ -d /run/systemd/system ]; then
  for unit in $units; do
    systemctl --quiet disable "$unit" 2>/dev/null || true
  done
fi
