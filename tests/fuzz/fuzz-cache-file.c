/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A kept probe: as the disk gives it back, and with its digest made right, as who tampers would.
 * Either is refused or is capabilities that are written so that they read the same again. */
#include "config.h"
#include "drivers/qemu/cache-file.h"
#include "tests/fuzz/fuzz.h"

static const VirtCpuQemuCacheKey key = {
    .binary = "/usr/bin/qemu-system-x86_64",
    .virt_type = VIRTCPU_VIRT_QEMU,
    .identity = "i",
    .fingerprint = "f",
};

static void
assert_kept(const VirtCpuQemuCaps *caps)
{
    g_autoptr(VirtCpuJson) json = virtcpu_qemu_caps_to_json(caps);
    g_autofree char *written = virtcpu_json_format(json, FALSE);
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuQemuCaps) second = virtcpu_qemu_caps_from_json(json, &error);
    g_autoptr(VirtCpuJson) json_again = NULL;
    g_autofree char *again = NULL;

    g_assert_no_error(error);
    json_again = virtcpu_qemu_caps_to_json(second);
    again = virtcpu_json_format(json_again, FALSE);
    g_assert_cmpstr(again, ==, written);
}

static void
read_file(const char *text)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuQemuCaps) caps = virtcpu_qemu_cache_file_parse(text, &key, &error);

    g_assert_true(caps == NULL || error == NULL);
    if (caps != NULL) {
        assert_kept(caps);
    }
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_autoptr(VirtCpuJson) json = virtcpu_json_parse(text, -1, NULL);
    const VirtCpuJson *content = virtcpu_json_get(json, "content");

    read_file(text);
    if (content != NULL) {
        g_autofree char *body = virtcpu_json_format(content, FALSE);
        g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, body, -1);
        g_autofree char *file = NULL;

        virtcpu_json_set_int(json, "format", VIRTCPU_QEMU_CACHE_FORMAT);
        virtcpu_json_set_string(json, "virtcpu", VIRTCPU_VERSION);
        virtcpu_json_set_string(json, "digest", digest);
        file = virtcpu_json_format(json, FALSE);
        read_file(file);
    }
    return 0;
}
