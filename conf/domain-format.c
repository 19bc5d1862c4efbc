/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/domain-format.h"

#include "conf/cpu-words.h"
#include "conf/domain-commandline.h"
#include "conf/domain-features.h"
#include "conf/vcpu-list.h"
#include "conf/xml.h"

#include <string.h>

static void
format_identity(const VirtCpuDomainDef *def, GString *out)
{
    virtcpu_xml_append_element(out, 2, "name", def->name);
    if (def->has_uuid) {
        g_autofree char *uuid = virtcpu_uuid_to_string(def->uuid);

        virtcpu_xml_append_element(out, 2, "uuid", uuid);
    }
    virtcpu_xml_append_element(out, 2, "title", def->title);
    virtcpu_xml_append_element(out, 2, "description", def->description);
    if (def->metadata != NULL) {
        g_string_append_printf(out, "  %s\n", def->metadata);
    }
}

static void
format_resources(const VirtCpuDomainDef *def, GString *out)
{
    g_string_append_printf(out, "  <memory unit='KiB'>%" G_GUINT64_FORMAT "</memory>\n",
                           def->max_memory_kib);
    g_string_append_printf(out,
                           "  <currentMemory unit='KiB'>%" G_GUINT64_FORMAT "</currentMemory>\n",
                           def->current_memory_kib);
    virtcpu_memory_backing_format(&def->memory_backing, out);
    g_string_append(out, "  <vcpu placement='static'");
    virtcpu_xml_append_attribute(out, "cpuset", def->tune.cpus);
    if (def->vcpus != def->max_vcpus) {
        g_string_append_printf(out, " current='%u'", def->vcpus);
    }
    g_string_append_printf(out, ">%u</vcpu>\n", def->max_vcpus);
    virtcpu_vcpu_list_format(def, out);
    virtcpu_tune_format(&def->tune, out);
    virtcpu_memory_nodes_format(def->memory_nodes, out);
}

static void
append_bool(GString *out, const char *name, VirtCpuTristate value)
{
    if (value != VIRTCPU_TRISTATE_ABSENT) {
        virtcpu_xml_append_attribute(out, name,
                                     virtcpu_words_to_string(&virtcpu_bool_words, (int)value));
    }
}

/* The rest of the open tag of @element: @text (may be NULL) and the end. */
static void
append_text_end(GString *out, const char *element, const char *text)
{
    if (text == NULL) {
        g_string_append(out, "/>\n");
        return;
    }
    g_string_append_c(out, '>');
    virtcpu_xml_escape(out, text);
    g_string_append_printf(out, "</%s>\n", element);
}

static void
format_loader(const VirtCpuDomainDef *def, GString *out)
{
    if (def->loader == NULL && def->loader_secure == VIRTCPU_TRISTATE_ABSENT) {
        return;
    }
    g_string_append(out, "    <loader");
    append_bool(out, "readonly", def->loader_readonly);
    append_bool(out, "secure", def->loader_secure);
    virtcpu_xml_append_attribute(out, "type", def->loader_type);
    append_text_end(out, "loader", def->loader);
}

static void
format_nvram(const VirtCpuDomainDef *def, GString *out)
{
    if (def->nvram == NULL && def->nvram_template == NULL) {
        return;
    }
    g_string_append(out, "    <nvram");
    virtcpu_xml_append_attribute(out, "template", def->nvram_template);
    append_text_end(out, "nvram", def->nvram);
}

static void
format_os(const VirtCpuDomainDef *def, GString *out)
{
    g_string_append(out, "  <os");
    virtcpu_xml_append_attribute(out, "firmware", def->firmware);
    g_string_append(out, ">\n    <type");
    virtcpu_xml_append_attribute(out, "arch", virtcpu_arch_to_string(def->arch));
    virtcpu_xml_append_attribute(out, "machine", def->machine);
    g_string_append(out, ">hvm</type>\n");
    format_loader(def, out);
    format_nvram(def, out);
    virtcpu_xml_append_element(out, 4, "kernel", def->kernel);
    virtcpu_xml_append_element(out, 4, "initrd", def->initrd);
    virtcpu_xml_append_element(out, 4, "cmdline", def->cmdline);
    virtcpu_xml_append_element(out, 4, "dtb", def->dtb);
    for (guint i = 0; i < def->boot_devs->len; i++) {
        g_string_append(out, "    <boot");
        virtcpu_xml_append_attribute(out, "dev", g_ptr_array_index(def->boot_devs, i));
        g_string_append(out, "/>\n");
    }
    if (def->bootmenu != VIRTCPU_TRISTATE_ABSENT) {
        g_string_append_printf(out, "    <bootmenu enable='%s'/>\n",
                               virtcpu_words_to_string(&virtcpu_bool_words, (int)def->bootmenu));
    }
    g_string_append(out, "  </os>\n");
}

static void
append_switch(GString *out, const char *name, VirtCpuTristate state)
{
    if (state != VIRTCPU_TRISTATE_ABSENT) {
        virtcpu_xml_append_attribute(out, name,
                                     virtcpu_words_to_string(&virtcpu_switch_words, (int)state));
    }
}

static void
format_feature(const VirtCpuDomainDef *def, const VirtCpuFeatureRow *row,
               const VirtCpuFeatureDef *feature, const char *element, GString *out)
{
    g_string_append_printf(out, "<%s", element);
    append_switch(out, "state", feature->state);
    if (row->kind == VIRTCPU_FEATURE_VALUE) {
        virtcpu_xml_append_attribute(out, row->attribute, feature->value);
    } else if (row->attribute != NULL) {
        g_autofree char *name = g_strdup_printf("%s/%s", row->name, row->attribute);
        const VirtCpuFeatureDef *extra = virtcpu_domain_def_find_feature(def, name);

        append_switch(out, row->attribute, extra != NULL ? extra->state : VIRTCPU_TRISTATE_ABSENT);
    }
    g_string_append(out, "/>\n");
}

/* Rows stand in order, those of a group side by side: a change of group opens and closes it. */
static void
change_group(GString *out, char **open, const char *group)
{
    if (g_strcmp0(*open, group) == 0) {
        return;
    }
    if (*open != NULL) {
        g_string_append_printf(out, "    </%s>\n", *open);
    }
    if (group != NULL) {
        /* libvirt tells the mode of <hyperv> alone */
        g_string_append_printf(out, "    <%s%s>\n", group,
                               g_str_equal(group, "hyperv") ? " mode='custom'" : "");
    }
    g_free(*open);
    *open = g_strdup(group);
}

static void
format_features(const VirtCpuDomainDef *def, GString *out)
{
    g_autofree char *open = NULL;

    if (def->features->len == 0) {
        return;
    }
    g_string_append(out, "  <features>\n");
    for (gsize i = 0; virtcpu_domain_feature_row_at(i) != NULL; i++) {
        const VirtCpuFeatureRow *row = virtcpu_domain_feature_row_at(i);
        const VirtCpuFeatureDef *feature = virtcpu_domain_def_find_feature(def, row->name);
        const char *slash = strchr(row->name, '/');
        g_autofree char *group = slash != NULL ? g_strndup(row->name, slash - row->name) : NULL;

        if (feature == NULL) {
            continue;
        }
        change_group(out, &open, group);
        g_string_append(out, slash != NULL ? "      " : "    ");
        format_feature(def, row, feature, slash != NULL ? slash + 1 : row->name, out);
    }
    change_group(out, &open, NULL);
    g_string_append(out, "  </features>\n");
}

static void
format_timer(const VirtCpuTimerDef *timer, GString *out)
{
    g_string_append(out, "    <timer");
    virtcpu_xml_append_attribute(out, "name", timer->name);
    if (timer->present != VIRTCPU_TRISTATE_ABSENT) {
        virtcpu_xml_append_attribute(
            out, "present", virtcpu_words_to_string(&virtcpu_bool_words, (int)timer->present));
    }
    virtcpu_xml_append_attribute(out, "tickpolicy", timer->tickpolicy);
    if (timer->frequency_hz != 0) {
        g_string_append_printf(out, " frequency='%" G_GUINT64_FORMAT "'", timer->frequency_hz);
    }
    g_string_append(out, "/>\n");
}

static void
format_clock(const VirtCpuDomainDef *def, GString *out)
{
    g_string_append(out, "  <clock");
    virtcpu_xml_append_attribute(out, "offset",
                                 def->clock_offset != NULL ? def->clock_offset : "utc");
    if (def->timers->len == 0) {
        g_string_append(out, "/>\n");
        return;
    }
    g_string_append(out, ">\n");
    for (guint i = 0; i < def->timers->len; i++) {
        format_timer(g_ptr_array_index(def->timers, i), out);
    }
    g_string_append(out, "  </clock>\n");
}

static void
format_actions(const VirtCpuDomainDef *def, GString *out)
{
    virtcpu_xml_append_element(out, 2, "on_poweroff", virtcpu_action_to_string(def->on_poweroff));
    virtcpu_xml_append_element(out, 2, "on_reboot", virtcpu_action_to_string(def->on_reboot));
    virtcpu_xml_append_element(out, 2, "on_crash", virtcpu_action_to_string(def->on_crash));
}

static void
format_pm_state(GString *out, const char *element, VirtCpuTristate state)
{
    if (state != VIRTCPU_TRISTATE_ABSENT) {
        g_string_append_printf(out, "    <%s enabled='%s'/>\n", element,
                               virtcpu_words_to_string(&virtcpu_bool_words, (int)state));
    }
}

static void
format_pm(const VirtCpuDomainDef *def, GString *out)
{
    if (def->suspend_to_mem == VIRTCPU_TRISTATE_ABSENT &&
        def->suspend_to_disk == VIRTCPU_TRISTATE_ABSENT) {
        return;
    }
    g_string_append(out, "  <pm>\n");
    format_pm_state(out, "suspend-to-mem", def->suspend_to_mem);
    format_pm_state(out, "suspend-to-disk", def->suspend_to_disk);
    g_string_append(out, "  </pm>\n");
}

char *
virtcpu_domain_def_format(const VirtCpuDomainDef *def, VirtCpuDomainXmlFlags flags)
{
    const gboolean live = def->id >= 0 && (flags & VIRTCPU_DOMAIN_XML_INACTIVE) == 0;
    GString *out = g_string_sized_new(2048);

    g_string_append_printf(out, "<domain type='%s'", virtcpu_virt_type_to_string(def->virt_type));
    if (live) {
        g_string_append_printf(out, " id='%d'", def->id);
    } else {
        flags |= VIRTCPU_DOMAIN_XML_INACTIVE;
    }
    if (def->qemu_args->len > 0 || def->qemu_env->len > 0) {
        virtcpu_xml_append_attribute(out, "xmlns:qemu", VIRTCPU_QEMU_NAMESPACE);
    }
    g_string_append(out, ">\n");
    format_identity(def, out);
    format_resources(def, out);
    format_os(def, out);
    format_features(def, out);
    if (def->cpu != NULL) {
        virtcpu_def_format(def->cpu, 2, out);
    }
    format_clock(def, out);
    format_actions(def, out);
    format_pm(def, out);
    virtcpu_domain_format_devices(def, flags, out);
    virtcpu_domain_commandline_format(def, out);
    g_string_append(out, "</domain>\n");
    return g_string_free(out, FALSE);
}
