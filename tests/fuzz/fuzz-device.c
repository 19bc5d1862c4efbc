/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One device of a <domain>, as a client attaches it: what is read is completed, put into a
 * definition, written and read again as it was. */
#include "conf/domain-def.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_autoptr(VirtCpuDomainDef) def = virtcpu_domain_def_new();
    g_autoptr(VirtCpuDomainDef) copy = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *written = NULL;
    g_autofree char *copied = NULL;
    VirtCpuDeviceInfo *device = virtcpu_device_parse(text, &error);

    g_assert_true((device == NULL) == (error != NULL));
    if (device == NULL) {
        return 0;
    }
    def->arch = VIRTCPU_ARCH_X86_64;
    if (!virtcpu_device_complete(device, def, &error)) {
        g_assert_nonnull(error);
        virtcpu_device_free(device);
        return 0;
    }
    virtcpu_domain_def_insert(def, device);
    copy = virtcpu_domain_def_copy(def);
    written = virtcpu_domain_def_format(def, VIRTCPU_DOMAIN_XML_SECURE);
    copied = virtcpu_domain_def_format(copy, VIRTCPU_DOMAIN_XML_SECURE);
    g_assert_cmpstr(copied, ==, written);
    virtcpu_domain_def_remove(def, device);
    return 0;
}
