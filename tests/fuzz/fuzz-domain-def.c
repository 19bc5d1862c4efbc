/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <domain>: what is accepted is valid by the schema, and written so that it reads the same again.
 */
#include "conf/domain-def.h"
#include "tests/fuzz/fuzz.h"

static const VirtCpuDomainDefaults defaults = {
    .arch = VIRTCPU_ARCH_X86_64,
    .machine = "pc-i440fx-7.2",
    .emulator = "/usr/bin/qemu-system-x86_64",
};

static VirtCpuDomainDef *
read_domain(const char *text, gboolean validate, GError **error)
{
    g_autoptr(VirtCpuDomainDef) def = virtcpu_domain_def_parse(text, validate, error);

    return def != NULL && virtcpu_domain_def_complete(def, &defaults, error) ? g_steal_pointer(&def)
                                                                             : NULL;
}

static void
assert_kept(const VirtCpuDomainDef *def, VirtCpuDomainXmlFlags flags)
{
    g_autofree char *written = virtcpu_domain_def_format(def, flags);
    g_autoptr(VirtCpuDomainDef) copy = virtcpu_domain_def_copy(def);
    g_autofree char *copied = virtcpu_domain_def_format(copy, flags);
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuDomainDef) second = read_domain(written, TRUE, &error);
    g_autofree char *again = NULL;

    g_assert_cmpstr(copied, ==, written);
    g_assert_no_error(error);
    again = virtcpu_domain_def_format(second, flags);
    g_assert_cmpstr(again, ==, written);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuDomainDef) def = read_domain(text, FALSE, &error);
    g_autoptr(VirtCpuDomainDef) valid = NULL;

    g_assert_true((def == NULL) == (error != NULL));
    if (def == NULL) {
        return 0;
    }
    assert_kept(def, VIRTCPU_DOMAIN_XML_SECURE | VIRTCPU_DOMAIN_XML_INACTIVE);
    valid = virtcpu_domain_def_parse(text, TRUE, &error);
    g_assert_no_error(error);
    return 0;
}
