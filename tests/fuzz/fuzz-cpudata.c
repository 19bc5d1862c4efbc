/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <cpudata>: what is read is written the same again, and whatever it says can be decoded or is
 * refused. */
#include "drivers/cpu/cpu.h"
#include "tests/fuzz/fuzz.h"

static void
decode(const VirtCpuData *data, VirtCpuDefType type)
{
    const VirtCpuDecodeOptions options = { .type = type };
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuDef) def = virtcpu_cpu_decode(data, &options, &error);
    g_autofree char *xml = NULL;

    g_assert_true((def == NULL) == (error != NULL));
    if (def != NULL) {
        xml = virtcpu_def_to_xml(def);
        g_assert_nonnull(xml);
    }
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuData) first = virtcpu_cpu_data_parse(text, &error);
    g_autoptr(VirtCpuData) second = NULL;
    g_autofree char *written = NULL;
    g_autofree char *again = NULL;

    g_assert_true((first == NULL) == (error != NULL));
    if (first == NULL) {
        return 0;
    }
    written = virtcpu_cpu_data_format(first);
    second = virtcpu_cpu_data_parse(written, &error);
    g_assert_no_error(error);
    again = virtcpu_cpu_data_format(second);
    g_assert_cmpstr(written, ==, again);
    decode(first, VIRTCPU_DEF_HOST);
    decode(first, VIRTCPU_DEF_GUEST);
    return 0;
}
