# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced by ./run and ./test: packages and builds. The caller has set -eu and stands in the root.

# To build the daemon and the command line, and to do something with them.
BUILD_PACKAGES="gcc libc6-dev pkgconf meson ninja-build python3 gettext libglib2.0-dev libxml2-dev libyajl-dev
    libtirpc-dev libglib2.0-dev-bin rpcsvc-proto libvirt-dev libvirt-glib-1.0-dev libvirt-clients
    qemu-system-x86"
# Only tests use these; a test that lacks one says so and skips.
TEST_PACKAGES="clang-format dbus iproute2 libglib2.0-bin libxml2-utils
    ovmf python3-libvirt virtinst"

packages_missing()
{
    for package in "$@"; do
        [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
            echo "$package"
    done
}

# install_packages PACKAGE...: those that are missing, with one apt-get update, and none at all
# when everything is there. PACKAGES_INSTALLED says whether something was.
install_packages()
{
    PACKAGES_INSTALLED=no
    command -v apt-get >/dev/null || {
        echo "No apt-get here: please see that these are installed: $*" >&2
        return 0
    }
    missing=$(packages_missing "$@")
    [ -n "$missing" ] || return 0
    sudo=
    [ "$(id -u)" -eq 0 ] || sudo=sudo
    if [ -n "$sudo" ] && ! command -v sudo >/dev/null; then
        echo "Missing packages, and neither root nor sudo to install them:" $missing >&2
        return 1
    fi
    echo "Installing:" $missing
    $sudo apt-get update -qq
    $sudo env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends $missing >/dev/null
    PACKAGES_INSTALLED=yes
}

# build_in FOLDER [MESON OPTION...]: configure once (again when packages came), then build.
build_in()
{
    folder=$1
    shift
    if [ ! -f "$folder/build.ninja" ]; then
        meson setup "$folder" "$@" >"$folder.log" 2>&1 || { cat "$folder.log" >&2; return 1; }
        rm -f "$folder.log"
    elif [ "$PACKAGES_INSTALLED" = yes ]; then
        meson setup --reconfigure "$folder" "$@" >/dev/null
    fi
    ninja -C "$folder" --quiet
}
