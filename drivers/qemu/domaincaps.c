/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <domainCapabilities>: what virtcpu runs on one QEMU, machine and accelerator. */
#include "drivers/qemu/domaincaps.h"

#include "conf/xml.h"
#include "drivers/qemu/choice.h"
#include "drivers/qemu/driver-priv.h"

#include <string.h>

/* A device virtcpu's domains may have, and the QEMU device it needs; NULL: none. */
typedef struct {
    const char *word;
    const char *device;
} DeviceRow;

static const DeviceRow disk_buses[] = {
    { "ide", "ide-hd" },      { "scsi", "scsi-hd" },   { "virtio", "virtio-blk-pci" },
    { "usb", "usb-storage" }, { "sata", "ich9-ahci" },
};

static const DeviceRow disk_devices[] = {
    { "disk", NULL },
    { "cdrom", NULL },
};

static const DeviceRow graphics_types[] = {
    { "vnc", NULL },
    { "spice", "qxl" },
};

static const DeviceRow video_models[] = {
    { "vga", "VGA" },     { "cirrus", "cirrus-vga" }, { "virtio", "virtio-vga" },
    { "qxl", "qxl-vga" }, { "none", NULL },           { "bochs", "bochs-display" },
};

static const DeviceRow rng_models[] = {
    { "virtio", "virtio-rng-pci" },
};

static const DeviceRow rng_backends[] = {
    { "random", NULL },
};

static void
write_enum(GString *xml, const char *name, const DeviceRow *rows, gsize count,
           const VirtCpuQemuCaps *caps)
{
    g_string_append_printf(xml, "      <enum name='%s'>\n", name);
    for (gsize i = 0; i < count; i++) {
        if (rows[i].device == NULL || virtcpu_qemu_caps_has_device(caps, rows[i].device)) {
            g_string_append_printf(xml, "        <value>%s</value>\n", rows[i].word);
        }
    }
    g_string_append(xml, "      </enum>\n");
}

/* ---- <cpu> ---- */

static void
write_migratable_mode(GString *xml, const char *mode, const char *name, gboolean may_be_on)
{
    g_string_append_printf(xml,
                           "    <mode name='%s' supported='yes'>\n"
                           "      <enum name='%s'>\n"
                           "%s"
                           "        <value>off</value>\n"
                           "      </enum>\n"
                           "    </mode>\n",
                           mode, name, may_be_on ? "        <value>on</value>\n" : "");
}

/* The host-model's <model>, <vendor> and <feature>s without the <cpu> around them. */
static void
write_host_model(GString *xml, const VirtCpuDef *host_model)
{
    g_autoptr(GString) cpu = g_string_new(NULL);
    const char *begin, *end;

    if (host_model == NULL) {
        g_string_append(xml, "    <mode name='host-model' supported='no'/>\n");
        return;
    }
    virtcpu_def_format(host_model, 4, cpu);
    begin = strchr(cpu->str, '\n');
    end = g_strrstr(cpu->str, "    </cpu>");
    g_string_append(xml, "    <mode name='host-model' supported='yes'>\n");
    if (begin != NULL && end != NULL) {
        g_string_append_len(xml, begin + 1, end - begin - 1);
    }
    g_string_append(xml, "    </mode>\n");
}

static const char *
usable_word(VirtCpuTristate usable)
{
    return usable == VIRTCPU_TRISTATE_YES  ? "yes"
           : usable == VIRTCPU_TRISTATE_NO ? "no"
                                           : "unknown";
}

static int
compare_words(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* What stands in the model's way, under libvirt's names where it has one, sorted. */
static void
write_blockers(GString *xml, VirtCpuArch arch, const VirtCpuHvModel *model)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);

    for (gsize i = 0; model->blockers != NULL && model->blockers[i] != NULL; i++) {
        const char *name = virtcpu_cpu_feature_from_qemu(arch, model->blockers[i]);

        name = name != NULL ? name : model->blockers[i];
        /* QEMU names a feature once for each that depends on it */
        if (!g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL)) {
            g_ptr_array_add(names, g_strdup(name));
        }
    }
    if (names->len == 0) {
        return;
    }
    g_ptr_array_sort(names, compare_words);
    g_string_append(xml, "      <blockers model='");
    virtcpu_xml_escape(xml, model->name);
    g_string_append(xml, "'>\n");
    for (guint i = 0; i < names->len; i++) {
        g_string_append(xml, "        <feature name='");
        virtcpu_xml_escape(xml, names->pdata[i]);
        g_string_append(xml, "'/>\n");
    }
    g_string_append(xml, "      </blockers>\n");
}

/* TRUE when @models has one named @name (may be NULL). */
static gboolean
has_model(const GPtrArray *models, const char *name)
{
    for (guint i = 0; i < models->len; i++) {
        const VirtCpuHvModel *model = models->pdata[i];

        if (g_strcmp0(model->name, name) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

/* One of @models; its canonical name is told when that can be asked for, too. */
static void
write_model(GString *xml, VirtCpuArch arch, const GPtrArray *models, const VirtCpuHvModel *model)
{
    const char *vendor = virtcpu_cpu_model_vendor(arch, model->name);

    g_string_append_printf(xml, "      <model usable='%s'%s vendor='%s'",
                           usable_word(model->usable), model->deprecated ? " deprecated='yes'" : "",
                           vendor != NULL ? vendor : "unknown");
    if (has_model(models, model->canonical)) {
        g_string_append(xml, " canonical='");
        virtcpu_xml_escape(xml, model->canonical);
        g_string_append_c(xml, '\'');
    }
    g_string_append_c(xml, '>');
    virtcpu_xml_escape(xml, model->name);
    g_string_append(xml, "</model>\n");
    write_blockers(xml, arch, model);
}

static int
compare_models(gconstpointer a, gconstpointer b)
{
    const VirtCpuHvModel *const *left = a;
    const VirtCpuHvModel *const *right = b;

    return strcmp((*left)->name, (*right)->name);
}

/* The models a definition may name: those of QEMU that the map knows; where there is no map, all
 * but "host", which is a mode. Sorted by name (containers only). */
static GPtrArray *
choose_models(const VirtCpuQemuCaps *caps)
{
    g_autofree const char **known =
        virtcpu_cpu_has_map(caps->arch) ? virtcpu_cpu_model_names(caps->arch, NULL) : NULL;
    GPtrArray *chosen = g_ptr_array_new();

    for (guint i = 0; i < caps->models->len; i++) {
        VirtCpuHvModel *model = caps->models->pdata[i];

        if (known != NULL ? g_strv_contains(known, model->name)
                          : !g_str_equal(model->name, "host")) {
            g_ptr_array_add(chosen, model);
        }
    }
    g_ptr_array_sort(chosen, compare_models);
    return chosen;
}

/* @host_model: the CPU to tell, or NULL. */
static char *
format_cpu(const VirtCpuQemuCaps *caps, const VirtCpuDef *host_model)
{
    g_autoptr(GPtrArray) models = choose_models(caps);
    GString *xml = g_string_new(NULL);

    g_string_append(xml, "  <cpu>\n");
    if (caps->virt_type == VIRTCPU_VIRT_KVM) {
        write_migratable_mode(xml, "host-passthrough", "hostPassthroughMigratable",
                              virtcpu_qemu_caps_has_property(caps, "migratable"));
    } else {
        g_string_append(xml, "    <mode name='host-passthrough' supported='no'/>\n");
    }
    if (virtcpu_qemu_caps_model(caps, "max") != NULL) {
        write_migratable_mode(xml, "maximum", "maximumMigratable", TRUE);
    } else {
        g_string_append(xml, "    <mode name='maximum' supported='no'/>\n");
    }
    write_host_model(xml, host_model);
    if (models->len > 0) {
        g_string_append(xml, "    <mode name='custom' supported='yes'>\n");
        for (guint i = 0; i < models->len; i++) {
            write_model(xml, caps->arch, models, models->pdata[i]);
        }
        g_string_append(xml, "    </mode>\n");
    } else {
        g_string_append(xml, "    <mode name='custom' supported='no'/>\n");
    }
    g_string_append(xml, "  </cpu>\n");
    return g_string_free(xml, FALSE);
}

/* TRUE when the document costs no more than copying it. */
static gboolean
has_cpu_text(const VirtCpuQemuCaps *caps)
{
    return g_atomic_pointer_get(caps->cpu_text) != 0;
}

void
virtcpu_domaincaps_write_cpu(GString *xml, const VirtCpuQemuCaps *caps)
{
    /* names and blockers of a hundred models: made once, as what a binary can do never changes */
    if (g_once_init_enter(caps->cpu_text)) {
        g_once_init_leave(caps->cpu_text,
                          GPOINTER_TO_SIZE(format_cpu(caps, caps->host_model_reported)));
    }
    g_string_append(xml, GSIZE_TO_POINTER(*caps->cpu_text));
}

/* The same with the host-model's deprecated features off. */
static void
write_cpu_without_deprecated(GString *xml, const VirtCpuQemuCaps *caps)
{
    g_autoptr(VirtCpuDef) host_model = virtcpu_def_copy(caps->host_model_reported);
    g_autofree char *text = NULL;

    if (host_model != NULL) {
        virtcpu_qemu_caps_switch_deprecated(caps, host_model, FALSE);
    }
    text = format_cpu(caps, host_model);
    g_string_append(xml, text);
}

/* ---- the rest ---- */

static void
write_devices(GString *xml, const VirtCpuQemuCaps *caps)
{
    g_string_append(xml, "  <devices>\n    <disk supported='yes'>\n");
    write_enum(xml, "diskDevice", disk_devices, G_N_ELEMENTS(disk_devices), caps);
    write_enum(xml, "bus", disk_buses, G_N_ELEMENTS(disk_buses), caps);
    g_string_append(xml, "    </disk>\n    <graphics supported='yes'>\n");
    write_enum(xml, "type", graphics_types, G_N_ELEMENTS(graphics_types), caps);
    g_string_append(xml, "    </graphics>\n    <video supported='yes'>\n");
    write_enum(xml, "modelType", video_models, G_N_ELEMENTS(video_models), caps);
    g_string_append(xml, "    </video>\n"
                         "    <hostdev supported='no'/>\n"
                         "    <rng supported='yes'>\n");
    write_enum(xml, "model", rng_models, G_N_ELEMENTS(rng_models), caps);
    write_enum(xml, "backendModel", rng_backends, G_N_ELEMENTS(rng_backends), caps);
    g_string_append(xml, "    </rng>\n  </devices>\n");
}

static gboolean
appears_before(const GPtrArray *all, guint index)
{
    const VirtCpuFirmware *firmware = g_ptr_array_index(all, index);

    for (guint i = 0; i < index; i++) {
        if (g_str_equal(((const VirtCpuFirmware *)g_ptr_array_index(all, i))->code,
                        firmware->code)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* What <os firmware=> and <loader> may ask for. */
static void
write_firmware(GString *xml, const GPtrArray *all)
{
    gboolean secure = FALSE;

    g_string_append(xml, all->len > 0 ? "    <enum name='firmware'>\n"
                                        "      <value>efi</value>\n"
                                        "    </enum>\n"
                                      : "    <enum name='firmware'/>\n");
    g_string_append(xml, "    <loader supported='yes'>\n");
    for (guint i = 0; i < all->len; i++) {
        const VirtCpuFirmware *firmware = g_ptr_array_index(all, i);

        secure = secure || firmware->requires_smm;
        if (!appears_before(all, i)) {
            virtcpu_xml_append_element(xml, 6, "value", firmware->code);
        }
    }
    g_string_append_printf(xml,
                           "      <enum name='type'>\n"
                           "        <value>rom</value>\n"
                           "        <value>pflash</value>\n"
                           "      </enum>\n"
                           "      <enum name='readonly'>\n"
                           "        <value>yes</value>\n"
                           "        <value>no</value>\n"
                           "      </enum>\n"
                           "      <enum name='secure'>\n"
                           "%s"
                           "        <value>no</value>\n"
                           "      </enum>\n"
                           "    </loader>\n",
                           secure ? "        <value>yes</value>\n" : "");
}

char *
virtcpu_domaincaps_format(const VirtCpuQemuCaps *caps, const VirtCpuQemuMachine *machine,
                          VirtCpuArch arch, const GPtrArray *firmware, unsigned flags)
{
    g_autoptr(GPtrArray) own_firmware = NULL;
    g_autoptr(GString) xml = g_string_new("<domainCapabilities>\n  <path>");

    virtcpu_xml_escape(xml, caps->binary);
    g_string_append_printf(xml, "</path>\n  <domain>%s</domain>\n  <machine>",
                           virtcpu_virt_type_to_string(caps->virt_type));
    virtcpu_xml_escape(xml, machine->name);
    g_string_append_printf(xml,
                           "</machine>\n"
                           "  <arch>%s</arch>\n"
                           "  <vcpu max='%u'/>\n"
                           "  <iothreads supported='no'/>\n"
                           "  <os supported='yes'>\n",
                           virtcpu_arch_to_string(arch), machine->max_cpus);
    if (firmware == NULL) {
        own_firmware = virtcpu_firmware_find(virtcpu_firmware_folders, arch, machine->name);
    }
    write_firmware(xml, firmware != NULL ? firmware : own_firmware);
    g_string_append(xml, "  </os>\n");
    if ((flags & VIRTCPU_DOMAINCAPS_DISABLE_DEPRECATED) != 0) {
        write_cpu_without_deprecated(xml, caps);
    } else {
        virtcpu_domaincaps_write_cpu(xml, caps);
    }
    write_devices(xml, caps);
    g_string_append(xml, "  <features>\n"
                         "    <gic supported='no'/>\n"
                         "    <vmcoreinfo supported='no'/>\n"
                         "    <genid supported='no'/>\n"
                         "    <backingStoreInput supported='no'/>\n"
                         "    <backup supported='no'/>\n"
                         "    <sev supported='no'/>\n"
                         "  </features>\n"
                         "</domainCapabilities>\n");
    return g_string_free(g_steal_pointer(&xml), FALSE);
}

static char *
format_chosen(VirtCpuDriver *driver, const VirtCpuQemuChosen *chosen, unsigned flags, gboolean peek)
{
    g_autoptr(GPtrArray) firmware =
        virtcpu_firmware_book_find(driver->firmware, chosen->arch, chosen->machine->name, peek);

    return firmware != NULL ? virtcpu_domaincaps_format(chosen->caps, chosen->machine, chosen->arch,
                                                        firmware, flags)
                            : NULL;
}

char *
virtcpu_driver_domain_capabilities(VirtCpuDriver *driver, const VirtCpuQemuChoice *choice,
                                   unsigned flags, GError **error)
{
    g_auto(VirtCpuQemuChosen) chosen = { 0 };

    return virtcpu_qemu_choose(driver, choice, &chosen, error)
               ? format_chosen(driver, &chosen, flags, FALSE)
               : NULL;
}

char *
virtcpu_driver_domain_capabilities_peek(VirtCpuDriver *driver, const VirtCpuQemuChoice *choice)
{
    g_auto(VirtCpuQemuChosen) chosen = { 0 };

    return virtcpu_qemu_choose_peek(driver, choice, &chosen) && has_cpu_text(chosen.caps)
               ? format_chosen(driver, &chosen, 0, TRUE)
               : NULL;
}
