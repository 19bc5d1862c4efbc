/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <cpu>, alone and in whole documents: what is read is written so that it reads the same again. */
#include "conf/cpu-def.h"
#include "tests/fuzz/fuzz.h"

static void
assert_kept(const VirtCpuDef *def)
{
    g_autofree char *written = virtcpu_def_to_xml(def);
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuDef) copy = virtcpu_def_copy(def);
    g_autofree char *copied = virtcpu_def_to_xml(copy);
    g_autoptr(VirtCpuDef) second = NULL;
    g_autofree char *again = NULL;

    g_assert_cmpstr(copied, ==, written);
    if (written[0] == '\0') {
        return; /* a guest's <cpu> that says nothing is not written */
    }
    second = virtcpu_def_parse(written, def->type, &error);
    g_assert_no_error(error);
    again = virtcpu_def_to_xml(second);
    g_assert_cmpstr(again, ==, written);
}

static void
read_as(const char *text, VirtCpuDefType type)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuDef) def = virtcpu_def_parse(text, type, &error);

    g_assert_true((def == NULL) == (error != NULL));
    if (def != NULL) {
        assert_kept(def);
    }
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) all = virtcpu_def_parse_all(text, &error);

    g_assert_true((all == NULL) == (error != NULL));
    for (guint i = 0; all != NULL && i < all->len; i++) {
        assert_kept(g_ptr_array_index(all, i));
    }
    read_as(text, VIRTCPU_DEF_AUTO);
    read_as(text, VIRTCPU_DEF_GUEST);
    read_as(text, VIRTCPU_DEF_HOST);
    return 0;
}
