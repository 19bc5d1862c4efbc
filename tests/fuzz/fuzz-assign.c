/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses: what is accepted is written so that defining it again changes nothing. */
#include "drivers/qemu/assign.h"
#include "tests/fuzz/fuzz.h"

static const char caps_json[] =
    "{\"binary\": \"/e\", \"virt-type\": \"qemu\", \"version\": {\"qemu\": {\"major\": 7,"
    " \"minor\": 2, \"micro\": 0}, \"package\": \"\"}, \"target\": {\"arch\": \"x86_64\"},"
    " \"kvm\": {\"present\": false, \"enabled\": false}, \"machines\": [], \"models\": [],"
    " \"commands\": [], \"devices\": [\"virtio-blk-pci\", \"qemu-xhci\", \"piix3-usb-uhci\"]}";

/* Every sample is tried on every board. */
static const char *const machines[] = { "pc-q35-7.2",      "pc-i440fx-7.2", "virt-7.2",
                                        "s390-ccw-virtio", "microvm",       "pseries" };

static VirtCpuQemuCaps *
make_caps(void)
{
    g_autoptr(VirtCpuJson) json = virtcpu_json_parse(caps_json, -1, NULL);

    return virtcpu_qemu_caps_from_json(json, NULL);
}

static VirtCpuDomainDef *
read_domain(const char *text, const char *machine, const VirtCpuQemuCaps *caps, GError **error)
{
    static const VirtCpuDomainDefaults defaults = { .arch = VIRTCPU_ARCH_X86_64, .emulator = "/e" };
    g_autoptr(VirtCpuDomainDef) def = virtcpu_domain_def_parse(text, FALSE, error);

    if (def == NULL) {
        return NULL;
    }
    g_free(def->machine);
    def->machine = g_strdup(machine);
    return virtcpu_domain_def_complete(def, &defaults, error) &&
                   virtcpu_devices_assign(def, caps, error)
               ? g_steal_pointer(&def)
               : NULL;
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_autoptr(VirtCpuQemuCaps) caps = make_caps();

    for (gsize i = 0; i < G_N_ELEMENTS(machines); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(VirtCpuDomainDef) def = read_domain(text, machines[i], caps, &error);
        g_autoptr(VirtCpuDomainDef) second = NULL;
        g_autofree char *written = NULL;
        g_autofree char *again = NULL;

        g_assert_true((def == NULL) == (error != NULL));
        if (def == NULL) {
            continue;
        }
        written = virtcpu_domain_def_format(def, VIRTCPU_DOMAIN_XML_SECURE);
        second = read_domain(written, machines[i], caps, &error);
        g_assert_no_error(error);
        again = virtcpu_domain_def_format(second, VIRTCPU_DOMAIN_XML_SECURE);
        g_assert_cmpstr(again, ==, written);
    }
    return 0;
}
