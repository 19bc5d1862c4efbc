/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <os>, <features> and <clock>. */
#include "conf/cpu-words.h"
#include "conf/domain-features.h"
#include "conf/domain-parse.h"
#include "conf/error.h"
#include "conf/i18n.h"

static const VirtCpuXmlRule os_rule = {
    .once = "type loader nvram kernel initrd cmdline dtb bootmenu",
    .many = "boot",
};
static const VirtCpuXmlRule type_rule = { .attributes = "arch machine", .text = TRUE };
static const VirtCpuXmlRule loader_rule = { .attributes = "readonly type", .text = TRUE };
static const VirtCpuXmlRule text_rule = { .text = TRUE };
static const VirtCpuXmlRule boot_rule = { .attributes = "dev" };
static const VirtCpuXmlRule bootmenu_rule = { .attributes = "enable" };
static const VirtCpuXmlRule clock_rule = { .attributes = "offset", .many = "timer" };
static const VirtCpuXmlRule timer_rule = { .attributes = "name present tickpolicy frequency" };

static gboolean
parse_type(VirtCpuDomainDef *def, xmlNode *node, GError **error)
{
    g_autofree char *type = virtcpu_xml_text(node);
    g_autofree char *arch = virtcpu_xml_attribute(node, "arch");

    if (!virtcpu_xml_check(node, &type_rule, error)) {
        return FALSE;
    }
    if (!g_str_equal(type, "hvm")) {
        virtcpu_error_set(error, VIRTCPU_ERR_OS_TYPE, _("%s (line %ld); it must be 'hvm'"), type,
                          xmlGetLineNo(node));
        return FALSE;
    }
    def->arch = virtcpu_arch_from_string(arch);
    if (arch != NULL && def->arch == VIRTCPU_ARCH_NONE) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR, _("Unknown architecture '%s' (line %ld)"),
                          arch, xmlGetLineNo(node));
        return FALSE;
    }
    def->machine = virtcpu_xml_attribute(node, "machine");
    return TRUE;
}

static gboolean
parse_tristate(xmlNode *node, const char *name, const VirtCpuWords *words, VirtCpuTristate *value,
               GError **error)
{
    int found = (int)*value;

    if (!virtcpu_xml_choice(node, name, words, VIRTCPU_TRISTATE_YES, &found, error)) {
        return FALSE;
    }
    *value = (VirtCpuTristate)found;
    return TRUE;
}

static gboolean
parse_loader(VirtCpuDomainDef *def, xmlNode *node, GError **error)
{
    def->loader = virtcpu_xml_text(node);
    def->loader_type = virtcpu_xml_attribute(node, "type");
    if (def->loader_type != NULL && !g_str_equal(def->loader_type, "rom") &&
        !g_str_equal(def->loader_type, "pflash")) {
        return virtcpu_domain_refuse(node, "type", def->loader_type, error);
    }
    if (!g_path_is_absolute(def->loader)) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("loader '%s' (line %ld) is no absolute path"), def->loader,
                          xmlGetLineNo(node));
        return FALSE;
    }
    return virtcpu_xml_check(node, &loader_rule, error) &&
           parse_tristate(node, "readonly", &virtcpu_bool_words, &def->loader_readonly, error);
}

/* The plain texts: <nvram>, <kernel>, … An empty one counts as not written. */
static gboolean
parse_texts(VirtCpuDomainDef *def, xmlNode *os, GError **error)
{
    const struct {
        const char *name;
        char **value;
    } rows[] = {
        { "nvram", &def->nvram },     { "kernel", &def->kernel }, { "initrd", &def->initrd },
        { "cmdline", &def->cmdline }, { "dtb", &def->dtb },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        xmlNode *node = virtcpu_xml_child(os, rows[i].name);

        if (node != NULL && !virtcpu_xml_check(node, &text_rule, error)) {
            return FALSE;
        }
        *rows[i].value = virtcpu_xml_child_text(os, rows[i].name);
    }
    return TRUE;
}

static gboolean
parse_boot(VirtCpuDomainDef *def, xmlNode *node, GError **error)
{
    static const char *const known[] = { "hd", "cdrom", "network", NULL };
    g_autofree char *dev = virtcpu_xml_attribute(node, "dev");

    if (!virtcpu_xml_check(node, &boot_rule, error)) {
        return FALSE;
    }
    if (dev == NULL || !g_strv_contains(known, dev)) {
        return virtcpu_domain_refuse(node, "dev", dev, error);
    }
    g_ptr_array_add(def->boot_devs, g_steal_pointer(&dev));
    return TRUE;
}

static gboolean
parse_bootmenu(VirtCpuDomainDef *def, xmlNode *node, GError **error)
{
    return virtcpu_xml_check(node, &bootmenu_rule, error) &&
           parse_tristate(node, "enable", &virtcpu_bool_words, &def->bootmenu, error);
}

static const VirtCpuDomainParserRow os_rows[] = {
    { "type", parse_type }, { "loader", parse_loader },
    { "boot", parse_boot }, { "bootmenu", parse_bootmenu },
    { NULL, NULL },
};

gboolean
virtcpu_domain_parse_os(VirtCpuDomainDef *def, xmlNode *node, GError **error)
{
    if (!virtcpu_xml_check(node, &os_rule, error)) {
        return FALSE;
    }
    if (virtcpu_xml_child(node, "type") == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("an os <type> must be specified (line %ld)"), xmlGetLineNo(node));
        return FALSE;
    }
    return virtcpu_domain_parse_children(def, node, os_rows, error) &&
           parse_texts(def, node, error);
}

static VirtCpuFeatureDef *
add_feature(VirtCpuDomainDef *def, const char *name, VirtCpuTristate state)
{
    VirtCpuFeatureDef *feature = g_new0(VirtCpuFeatureDef, 1);

    feature->name = g_strdup(name);
    feature->state = state;
    g_ptr_array_add(def->features, feature);
    return feature;
}

/* Attribute eoi= of <apic> becomes a feature of its own. */
static gboolean
parse_extra_attribute(VirtCpuDomainDef *def, xmlNode *node, const VirtCpuFeatureRow *row,
                      VirtCpuFeatureDef *feature, GError **error)
{
    VirtCpuTristate state = VIRTCPU_TRISTATE_ABSENT;

    if (row->kind == VIRTCPU_FEATURE_VALUE) {
        feature->value = virtcpu_xml_attribute(node, row->attribute);
        return TRUE;
    }
    if (row->kind != VIRTCPU_FEATURE_FLAG || row->attribute == NULL) {
        return TRUE;
    }
    if (!parse_tristate(node, row->attribute, &virtcpu_switch_words, &state, error)) {
        return FALSE;
    }
    if (state != VIRTCPU_TRISTATE_ABSENT) {
        g_autofree char *name = g_strdup_printf("%s/%s", row->name, row->attribute);

        add_feature(def, name, state);
    }
    return TRUE;
}

static gboolean
parse_feature(VirtCpuDomainDef *def, xmlNode *node, const VirtCpuFeatureRow *row, GError **error)
{
    g_autofree char *attributes =
        g_strdup_printf("%s %s", row->kind != VIRTCPU_FEATURE_FLAG ? "state" : "",
                        row->attribute != NULL ? row->attribute : "");
    const VirtCpuXmlRule rule = { .attributes = g_strstrip(attributes) };
    VirtCpuTristate state = VIRTCPU_TRISTATE_ABSENT;

    if (!virtcpu_xml_check(node, &rule, error)) {
        return FALSE;
    }
    if (row->kind != VIRTCPU_FEATURE_FLAG &&
        !parse_tristate(node, "state", &virtcpu_switch_words, &state, error)) {
        return FALSE;
    }
    return parse_extra_attribute(def, node, row, add_feature(def, row->name, state), error);
}

/* <hyperv> and <kvm>: every child is a feature "group/name". */
static gboolean
parse_group(VirtCpuDomainDef *def, xmlNode *group, GError **error)
{
    g_autofree char *mode = virtcpu_xml_attribute(group, "mode");

    if (mode != NULL && !g_str_equal(mode, "custom")) {
        return virtcpu_domain_refuse(group, "mode", mode, error);
    }
    for (xmlNode *child = group->children; child != NULL; child = child->next) {
        g_autofree char *name = NULL;
        const VirtCpuFeatureRow *row;

        if (child->type != XML_ELEMENT_NODE) {
            continue;
        }
        name = g_strdup_printf("%s/%s", (const char *)group->name, (const char *)child->name);
        row = child->ns == NULL ? virtcpu_domain_feature_row(name) : NULL;
        if (row == NULL) {
            return virtcpu_domain_refuse(group, "child", (const char *)child->name, error);
        }
        if (!parse_feature(def, child, row, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

gboolean
virtcpu_domain_parse_features(VirtCpuDomainDef *def, xmlNode *node, GError **error)
{
    static const VirtCpuXmlRule rule = { .once = VIRTCPU_DOMAIN_FEATURE_ELEMENTS };

    if (!virtcpu_xml_check(node, &rule, error)) {
        return FALSE;
    }
    for (xmlNode *child = node->children; child != NULL; child = child->next) {
        const VirtCpuFeatureRow *row;

        if (child->type != XML_ELEMENT_NODE) {
            continue;
        }
        row = virtcpu_domain_feature_row((const char *)child->name);
        if (row != NULL ? !parse_feature(def, child, row, error)
                        : !parse_group(def, child, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* Which tick policies of which timer QEMU can follow. */
typedef struct {
    const char *name;
    const char *const tickpolicies[3];
} TimerRow;

static const TimerRow timer_rows[] = {
    { "rtc", { "delay", "catchup", NULL } },
    { "pit", { "delay", "discard", NULL } },
    { "hpet", { NULL } },
    { "kvmclock", { NULL } },
    { "hypervclock", { NULL } },
    { "tsc", { NULL } },
};

static gboolean
check_timer(const VirtCpuTimerDef *timer, xmlNode *node, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(timer_rows); i++) {
        if (g_strcmp0(timer->name, timer_rows[i].name) == 0) {
            if (timer->tickpolicy != NULL &&
                !g_strv_contains(timer_rows[i].tickpolicies, timer->tickpolicy)) {
                return virtcpu_domain_refuse(node, "tickpolicy", timer->tickpolicy, error);
            }
            if (timer->frequency_hz != 0 && !g_str_equal(timer->name, "tsc")) {
                return virtcpu_domain_refuse(node, "frequency", timer->name, error);
            }
            return TRUE;
        }
    }
    return virtcpu_domain_refuse(node, "name", timer->name, error);
}

static gboolean
parse_timer(VirtCpuDomainDef *def, xmlNode *node, GError **error)
{
    VirtCpuTimerDef *timer = g_new0(VirtCpuTimerDef, 1);

    g_ptr_array_add(def->timers, timer);
    timer->name = virtcpu_xml_attribute(node, "name");
    timer->tickpolicy = virtcpu_xml_attribute(node, "tickpolicy");
    return virtcpu_xml_check(node, &timer_rule, error) &&
           parse_tristate(node, "present", &virtcpu_bool_words, &timer->present, error) &&
           virtcpu_xml_attribute_number(node, "frequency", FALSE, G_MAXINT64, &timer->frequency_hz,
                                        error) &&
           check_timer(timer, node, error);
}

gboolean
virtcpu_domain_parse_clock(VirtCpuDomainDef *def, xmlNode *node, GError **error)
{
    static const VirtCpuDomainParserRow rows[] = { { "timer", parse_timer }, { NULL, NULL } };

    def->clock_offset = virtcpu_xml_attribute(node, "offset");
    if (def->clock_offset != NULL && !g_str_equal(def->clock_offset, "utc") &&
        !g_str_equal(def->clock_offset, "localtime")) {
        return virtcpu_domain_refuse(node, "offset", def->clock_offset, error);
    }
    return virtcpu_xml_check(node, &clock_rule, error) &&
           virtcpu_domain_parse_children(def, node, rows, error);
}
