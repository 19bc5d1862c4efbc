/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <os> and <clock>. */
#include "conf/cpu-words.h"
#include "conf/domain-parse.h"
#include "conf/domain-words.h"
#include "conf/error.h"
#include "conf/i18n.h"

static const VirtCpuXmlRule os_rule = {
    .attributes = "firmware",
    .once = "type loader nvram kernel initrd cmdline dtb bootmenu",
    .many = "boot",
};
static const VirtCpuXmlRule type_rule = { .attributes = "arch machine", .text = TRUE };
static const VirtCpuXmlRule loader_rule = { .attributes = "readonly secure type", .text = TRUE };
static const VirtCpuXmlRule nvram_rule = { .attributes = "template", .text = TRUE };
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
parse_loader(VirtCpuDomainDef *def, xmlNode *node, GError **error)
{
    def->loader = virtcpu_xml_raw_text(node);
    /* with firmware= the path is chosen */
    if (def->loader == NULL ? def->firmware == NULL : !g_path_is_absolute(def->loader)) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("loader '%s' (line %ld) is no absolute path"),
                          def->loader != NULL ? def->loader : "", xmlGetLineNo(node));
        return FALSE;
    }
    return virtcpu_xml_check(node, &loader_rule, error) &&
           virtcpu_domain_parse_word(node, "type", &virtcpu_loader_type_words, FALSE,
                                     &def->loader_type, error) &&
           virtcpu_domain_parse_tristate(node, "readonly", &virtcpu_bool_words,
                                         &def->loader_readonly, error) &&
           virtcpu_domain_parse_tristate(node, "secure", &virtcpu_bool_words, &def->loader_secure,
                                         error);
}

static gboolean
parse_nvram(VirtCpuDomainDef *def, xmlNode *node, GError **error)
{
    def->nvram = virtcpu_xml_raw_text(node);
    def->nvram_template = virtcpu_xml_attribute(node, "template");
    return virtcpu_xml_check(node, &nvram_rule, error);
}

/* The plain texts: <kernel>, … An empty one counts as not written. */
static gboolean
parse_texts(VirtCpuDomainDef *def, xmlNode *os, GError **error)
{
    const struct {
        const char *name;
        char **value;
    } rows[] = {
        { "kernel", &def->kernel },
        { "initrd", &def->initrd },
        { "cmdline", &def->cmdline },
        { "dtb", &def->dtb },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        xmlNode *node = virtcpu_xml_child(os, rows[i].name);

        if (node != NULL && !virtcpu_xml_check(node, &text_rule, error)) {
            return FALSE;
        }
        *rows[i].value = node != NULL ? virtcpu_xml_raw_text(node) : NULL;
    }
    return TRUE;
}

static gboolean
parse_boot(VirtCpuDomainDef *def, xmlNode *node, GError **error)
{
    g_autofree char *dev = NULL;

    if (!virtcpu_xml_check(node, &boot_rule, error) ||
        !virtcpu_domain_parse_word(node, "dev", &virtcpu_boot_dev_words, TRUE, &dev, error)) {
        return FALSE;
    }
    g_ptr_array_add(def->boot_devs, g_steal_pointer(&dev));
    return TRUE;
}

static gboolean
parse_bootmenu(VirtCpuDomainDef *def, xmlNode *node, GError **error)
{
    return virtcpu_xml_check(node, &bootmenu_rule, error) &&
           virtcpu_domain_parse_tristate(node, "enable", &virtcpu_bool_words, &def->bootmenu,
                                         error);
}

static const VirtCpuDomainParserRow os_rows[] = {
    { "type", parse_type }, { "loader", parse_loader },     { "nvram", parse_nvram },
    { "boot", parse_boot }, { "bootmenu", parse_bootmenu }, { NULL, NULL },
};

gboolean
virtcpu_domain_parse_os(VirtCpuDomainDef *def, xmlNode *node, GError **error)
{
    if (!virtcpu_xml_check(node, &os_rule, error) ||
        !virtcpu_domain_parse_word(node, "firmware", &virtcpu_firmware_words, FALSE, &def->firmware,
                                   error)) {
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
check_frequency(const VirtCpuTimerDef *timer, xmlNode *node, GError **error)
{
    g_autofree char *frequency = virtcpu_xml_attribute(node, "frequency");

    if (frequency != NULL && (timer->frequency_hz == 0 || !g_str_equal(timer->name, "tsc"))) {
        return virtcpu_domain_refuse(node, "frequency", frequency, error);
    }
    return TRUE;
}

static gboolean
check_timer(const VirtCpuTimerDef *timer, xmlNode *node, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(timer_rows); i++) {
        if (g_strcmp0(timer->name, timer_rows[i].name) == 0) {
            if (timer->tickpolicy != NULL &&
                !g_strv_contains(timer_rows[i].tickpolicies, timer->tickpolicy)) {
                return virtcpu_domain_refuse(node, "tickpolicy", timer->tickpolicy, error);
            }
            return check_frequency(timer, node, error);
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
           virtcpu_domain_parse_tristate(node, "present", &virtcpu_bool_words, &timer->present,
                                         error) &&
           virtcpu_xml_attribute_number(node, "frequency", FALSE, G_MAXINT64, &timer->frequency_hz,
                                        error) &&
           check_timer(timer, node, error);
}

gboolean
virtcpu_domain_parse_clock(VirtCpuDomainDef *def, xmlNode *node, GError **error)
{
    static const VirtCpuDomainParserRow rows[] = { { "timer", parse_timer }, { NULL, NULL } };

    return virtcpu_xml_check(node, &clock_rule, error) &&
           virtcpu_domain_parse_word(node, "offset", &virtcpu_clock_offset_words, FALSE,
                                     &def->clock_offset, error) &&
           virtcpu_domain_parse_children(def, node, rows, error);
}
