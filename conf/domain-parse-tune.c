/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <iothreads>, <iothreadids> and <cputune>. */
#include "conf/cpuset.h"
#include "conf/domain-parse.h"
#include "conf/domain-words.h"
#include "conf/error.h"
#include "conf/i18n.h"

/* More threads than this no QEMU has use for. */
#define IOTHREADS_MAX 1024
/* Linux' sched_get_priority_max. */
#define PRIORITY_MAX 99

static const VirtCpuXmlRule text_rule = { .text = TRUE };
static const VirtCpuXmlRule ids_rule = { .many = "iothread" };
static const VirtCpuXmlRule id_rule = { .attributes = "id thread_pool_min thread_pool_max" };
/* shares, periods and quotas are the kernel's cgroups', which virtcpu does not use */
static const VirtCpuXmlRule cputune_rule = {
    .once = "emulatorpin emulatorsched",
    .many = "vcpupin iothreadpin vcpusched iothreadsched",
};
static const VirtCpuXmlRule emulatorpin_rule = { .attributes = "cpuset" };
static const VirtCpuXmlRule vcpupin_rule = { .attributes = "vcpu cpuset" };
static const VirtCpuXmlRule iothreadpin_rule = { .attributes = "iothread cpuset" };
static const VirtCpuXmlRule emulatorsched_rule = { .attributes = "scheduler priority" };
static const VirtCpuXmlRule vcpusched_rule = { .attributes = "vcpus scheduler priority" };
static const VirtCpuXmlRule iothreadsched_rule = { .attributes = "iothreads scheduler priority" };

gboolean
virtcpu_domain_parse_cpus(xmlNode *node, const char *name, gboolean required, char **cpus,
                          GError **error)
{
    g_autofree char *text = virtcpu_xml_attribute(node, name);
    g_autoptr(VirtCpuCpuset) set = text != NULL ? virtcpu_cpuset_parse(text) : NULL;

    if (set == NULL && (required || text != NULL)) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("Invalid value of '%s' for element '%s' (line %ld): '%s' is no list of "
                            "CPUs"),
                          name, (const char *)node->name, xmlGetLineNo(node),
                          text != NULL ? text : "");
        return FALSE;
    }
    g_free(*cpus);
    *cpus = set != NULL ? virtcpu_cpuset_format(set) : NULL;
    return TRUE;
}

gboolean
virtcpu_domain_parse_iothreads(VirtCpuDomainDef *def, xmlNode *node, GError **error)
{
    g_autofree char *text = virtcpu_xml_text(node);
    guint64 number = 0;

    if (!virtcpu_xml_check(node, &text_rule, error) ||
        !virtcpu_xml_number(node, "value", text, IOTHREADS_MAX, &number, error)) {
        return FALSE;
    }
    def->iothread_count = (unsigned)number;
    return TRUE;
}

/* How many threads at least and at most help an I/O thread; the rules are libvirt's. */
static gboolean
parse_pool(xmlNode *node, VirtCpuThreadTune *thread, GError **error)
{
    const gboolean has_min = xmlHasProp(node, (const xmlChar *)"thread_pool_min") != NULL;
    const gboolean has_max = xmlHasProp(node, (const xmlChar *)"thread_pool_max") != NULL;
    guint64 min = 0, max = 0;

    if (!virtcpu_xml_attribute_number(node, "thread_pool_min", FALSE, G_MAXINT, &min, error) ||
        !virtcpu_xml_attribute_number(node, "thread_pool_max", FALSE, G_MAXINT, &max, error)) {
        return FALSE;
    }
    if (has_max && max == 0) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("thread_pool_max must be a positive integer (line %ld)"),
                          xmlGetLineNo(node));
        return FALSE;
    }
    if (has_min && (!has_max || min > max)) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("thread_pool_min must be smaller or equal to thread_pool_max (line "
                            "%ld)"),
                          xmlGetLineNo(node));
        return FALSE;
    }
    thread->pool_min = has_min ? (int)min : -1;
    thread->pool_max = has_max ? (int)max : -1;
    return TRUE;
}

static gboolean
parse_iothread_id(VirtCpuDomainDef *def, xmlNode *node, GError **error)
{
    unsigned id = 0;

    if (!virtcpu_xml_check(node, &id_rule, error) ||
        !virtcpu_domain_parse_positive(node, "id", TRUE, &id, error)) {
        return FALSE;
    }
    if (virtcpu_tune_find_iothread(&def->tune, id) != NULL ||
        def->tune.iothreads->len == IOTHREADS_MAX) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("duplicate iothread id '%u' found, or more than %d of them (line %ld)"),
                          id, IOTHREADS_MAX, xmlGetLineNo(node));
        return FALSE;
    }
    return parse_pool(node, virtcpu_tune_add_iothread(&def->tune, id), error);
}

gboolean
virtcpu_domain_parse_iothread_ids(VirtCpuDomainDef *def, xmlNode *node, GError **error)
{
    if (!virtcpu_xml_check(node, &ids_rule, error)) {
        return FALSE;
    }
    for (xmlNode *id = virtcpu_xml_child(node, "iothread"); id != NULL; id = virtcpu_xml_next(id)) {
        if (!parse_iothread_id(def, id, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* Numbers that <iothreads> counts and <iothreadids> does not give are the lowest free ones. */
static void
count_iothreads(VirtCpuDomainDef *def)
{
    for (unsigned id = 1; def->tune.iothreads->len < def->iothread_count; id++) {
        if (virtcpu_tune_find_iothread(&def->tune, id) == NULL) {
            virtcpu_tune_add_iothread(&def->tune, id)->counted = TRUE;
        }
    }
}

static gboolean
refuse_vcpu(xmlNode *node, unsigned number, GError **error)
{
    virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                      _("element '%s' at line %ld names vCPU %u, which the domain does not have"),
                      (const char *)node->name, xmlGetLineNo(node), number);
    return FALSE;
}

static gboolean
refuse_iothread(xmlNode *node, unsigned number, GError **error)
{
    virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                      _("Cannot find 'iothread' : %u, which element '%s' at line %ld names"),
                      number, (const char *)node->name, xmlGetLineNo(node));
    return FALSE;
}

static gboolean
refuse_second(xmlNode *node, unsigned number, GError **error)
{
    virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR, _("duplicate %s for '%u' (line %ld)"),
                      (const char *)node->name, number, xmlGetLineNo(node));
    return FALSE;
}

static gboolean
parse_vcpupin(VirtCpuDomainDef *def, xmlNode *node, GError **error)
{
    VirtCpuThreadTune *thread;
    unsigned number = 0;

    if (!virtcpu_xml_check(node, &vcpupin_rule, error) ||
        !virtcpu_xml_attribute_uint(node, "vcpu", TRUE, &number, error)) {
        return FALSE;
    }
    if (number >= MAX(def->max_vcpus, 1)) {
        return refuse_vcpu(node, number, error);
    }
    thread = virtcpu_tune_need_vcpu(&def->tune, number);
    return thread->cpus != NULL
               ? refuse_second(node, number, error)
               : virtcpu_domain_parse_cpus(node, "cpuset", TRUE, &thread->cpus, error);
}

static gboolean
parse_iothreadpin(VirtCpuDomainDef *def, xmlNode *node, GError **error)
{
    VirtCpuThreadTune *thread;
    unsigned number = 0;

    if (!virtcpu_xml_check(node, &iothreadpin_rule, error) ||
        !virtcpu_xml_attribute_uint(node, "iothread", TRUE, &number, error)) {
        return FALSE;
    }
    thread = virtcpu_tune_find_iothread(&def->tune, number);
    if (thread == NULL) {
        return refuse_iothread(node, number, error);
    }
    return thread->cpus != NULL
               ? refuse_second(node, number, error)
               : virtcpu_domain_parse_cpus(node, "cpuset", TRUE, &thread->cpus, error);
}

static gboolean
parse_emulatorpin(VirtCpuDomainDef *def, xmlNode *node, GError **error)
{
    return virtcpu_xml_check(node, &emulatorpin_rule, error) &&
           virtcpu_domain_parse_cpus(node, "cpuset", TRUE, &def->tune.emulator.cpus, error);
}

/* The scheduler and priority of @node into @thread. */
static gboolean
parse_scheduler(xmlNode *node, VirtCpuThreadTune *thread, GError **error)
{
    g_autofree char *text = virtcpu_xml_attribute(node, "scheduler");
    g_autofree char *priority = virtcpu_xml_attribute(node, "priority");
    int found = virtcpu_words_from_string(&virtcpu_scheduler_words, text);
    const gboolean is_realtime = found >= VIRTCPU_SCHEDULER_FIFO;

    if (found <= VIRTCPU_SCHEDULER_NONE) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("Invalid scheduler attribute: '%s' (line %ld)"),
                          text != NULL ? text : "", xmlGetLineNo(node));
        return FALSE;
    }
    if (!is_realtime && priority != NULL) {
        return virtcpu_domain_refuse(node, "priority", priority, error);
    }
    thread->scheduler = (VirtCpuScheduler)found;
    if (!is_realtime) {
        return TRUE;
    }
    if (!virtcpu_domain_parse_positive(node, "priority", TRUE, &thread->priority, error)) {
        return FALSE;
    }
    return thread->priority <= PRIORITY_MAX ||
           virtcpu_domain_refuse(node, "priority", priority, error);
}

static gboolean
parse_emulatorsched(VirtCpuDomainDef *def, xmlNode *node, GError **error)
{
    return virtcpu_xml_check(node, &emulatorsched_rule, error) &&
           parse_scheduler(node, &def->tune.emulator, error);
}

/* The thread of @def that @node, of a vCPU or an I/O thread, means by @number, or NULL. */
static VirtCpuThreadTune *
find_scheduled(VirtCpuDomainDef *def, xmlNode *node, gboolean is_vcpu, unsigned number,
               GError **error)
{
    VirtCpuThreadTune *thread = NULL;

    if (is_vcpu && number < MAX(def->max_vcpus, 1)) {
        thread = virtcpu_tune_need_vcpu(&def->tune, number);
    } else if (is_vcpu) {
        (void)refuse_vcpu(node, number, error);
    } else {
        thread = virtcpu_tune_find_iothread(&def->tune, number);
        if (thread == NULL) {
            (void)refuse_iothread(node, number, error);
        }
    }
    if (thread != NULL && thread->scheduler != VIRTCPU_SCHEDULER_NONE) {
        (void)refuse_second(node, number, error);
        thread = NULL;
    }
    return thread;
}

static gboolean
parse_group(VirtCpuDomainDef *def, xmlNode *node, const char *attribute, gboolean is_vcpu,
            GError **error)
{
    g_autofree char *list = NULL;
    g_autoptr(VirtCpuCpuset) numbers = NULL;
    VirtCpuThreadTune wish = { 0 };

    if (!virtcpu_domain_parse_cpus(node, attribute, TRUE, &list, error) ||
        !parse_scheduler(node, &wish, error)) {
        return FALSE;
    }
    numbers = virtcpu_cpuset_parse(list);
    for (unsigned number = 0; number <= virtcpu_cpuset_last(numbers); number++) {
        VirtCpuThreadTune *thread;

        if (!virtcpu_cpuset_contains(numbers, number)) {
            continue;
        }
        thread = find_scheduled(def, node, is_vcpu, number, error);
        if (thread == NULL) {
            return FALSE;
        }
        thread->scheduler = wish.scheduler;
        thread->priority = wish.priority;
    }
    return TRUE;
}

static gboolean
parse_vcpusched(VirtCpuDomainDef *def, xmlNode *node, GError **error)
{
    return virtcpu_xml_check(node, &vcpusched_rule, error) &&
           parse_group(def, node, "vcpus", TRUE, error);
}

static gboolean
parse_iothreadsched(VirtCpuDomainDef *def, xmlNode *node, GError **error)
{
    return virtcpu_xml_check(node, &iothreadsched_rule, error) &&
           parse_group(def, node, "iothreads", FALSE, error);
}

static const VirtCpuDomainParserRow tune_rows[] = {
    { "vcpupin", parse_vcpupin },
    { "emulatorpin", parse_emulatorpin },
    { "iothreadpin", parse_iothreadpin },
    { "vcpusched", parse_vcpusched },
    { "iothreadsched", parse_iothreadsched },
    { "emulatorsched", parse_emulatorsched },
    { NULL, NULL },
};

gboolean
virtcpu_domain_parse_cputune(VirtCpuDomainDef *def, xmlNode *node, GError **error)
{
    count_iothreads(def);
    return node == NULL || (virtcpu_xml_check(node, &cputune_rule, error) &&
                            virtcpu_domain_parse_children(def, node, tune_rows, error));
}
