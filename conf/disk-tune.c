/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/disk-tune.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "conf/xml.h"

#include <string.h>

/* Of total, read and write. */
#define FAMILY 3

/* By VirtCpuDiskLimit. */
static const char *const limit_names[] = {
    "total_bytes_sec",
    "read_bytes_sec",
    "write_bytes_sec",
    "total_iops_sec",
    "read_iops_sec",
    "write_iops_sec",
    "total_bytes_sec_max",
    "read_bytes_sec_max",
    "write_bytes_sec_max",
    "total_iops_sec_max",
    "read_iops_sec_max",
    "write_iops_sec_max",
    "size_iops_sec",
    "total_bytes_sec_max_length",
    "read_bytes_sec_max_length",
    "write_bytes_sec_max_length",
    "total_iops_sec_max_length",
    "read_iops_sec_max_length",
    "write_iops_sec_max_length",
};
G_STATIC_ASSERT(G_N_ELEMENTS(limit_names) == VIRTCPU_DISK_LIMITS);

static const VirtCpuXmlRule tune_rule = {
    .once = "total_bytes_sec read_bytes_sec write_bytes_sec total_iops_sec read_iops_sec "
            "write_iops_sec total_bytes_sec_max read_bytes_sec_max write_bytes_sec_max "
            "total_iops_sec_max read_iops_sec_max write_iops_sec_max size_iops_sec group_name "
            "total_bytes_sec_max_length read_bytes_sec_max_length write_bytes_sec_max_length "
            "total_iops_sec_max_length read_iops_sec_max_length write_iops_sec_max_length",
};
static const VirtCpuXmlRule text_rule = { .text = TRUE };

/* Where total stands that must not be beside read or write, and what messages call them. */
static const struct {
    unsigned first;
    const char *name;
} families[] = {
    { VIRTCPU_DISK_RATE, "bytes_sec" },
    { VIRTCPU_DISK_RATE + FAMILY, "iops_sec" },
    { VIRTCPU_DISK_BURST, "bytes_sec_max" },
    { VIRTCPU_DISK_BURST + FAMILY, "iops_sec_max" },
};

const char *
virtcpu_disk_limit_name(unsigned limit)
{
    return limit_names[limit];
}

unsigned
virtcpu_disk_limit_find(const char *name)
{
    unsigned limit = 0;

    while (limit < VIRTCPU_DISK_LIMITS && !g_str_equal(limit_names[limit], name)) {
        limit++;
    }
    return limit;
}

/* What has a total beside read or write in @tune, or NULL. */
static const char *
find_contradiction(const VirtCpuDiskTune *tune)
{
    for (gsize i = 0; i < G_N_ELEMENTS(families); i++) {
        const guint64 *limits = &tune->limits[families[i].first];

        if (limits[0] != 0 && (limits[1] != 0 || limits[2] != 0)) {
            return families[i].name;
        }
    }
    return NULL;
}

static gboolean
parse_limit(VirtCpuDiskTune *tune, xmlNode *node, unsigned limit, GError **error)
{
    g_autofree char *text = NULL;

    if (node == NULL) {
        return TRUE;
    }
    text = virtcpu_xml_text(node);
    return virtcpu_xml_check(node, &text_rule, error) &&
           virtcpu_xml_number(node, "value", text, G_MAXINT64, &tune->limits[limit], error);
}

gboolean
virtcpu_disk_tune_parse(VirtCpuDiskTune *tune, xmlNode *node, GError **error)
{
    xmlNode *group = virtcpu_xml_child(node, "group_name");
    const char *contradiction;

    if (!virtcpu_xml_check(node, &tune_rule, error) ||
        (group != NULL && !virtcpu_xml_check(group, &text_rule, error))) {
        return FALSE;
    }
    for (unsigned i = 0; i < VIRTCPU_DISK_LIMITS; i++) {
        if (!parse_limit(tune, virtcpu_xml_child(node, limit_names[i]), i, error)) {
            return FALSE;
        }
    }
    tune->group = group != NULL ? virtcpu_xml_raw_text(group) : NULL;
    contradiction = find_contradiction(tune);
    if (contradiction != NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("total and read/write %s cannot be set at the same time (line %ld)"),
                          contradiction, xmlGetLineNo(node));
        return FALSE;
    }
    return TRUE;
}

void
virtcpu_disk_tune_format(const VirtCpuDiskTune *tune, GString *out)
{
    g_autoptr(GString) inside = g_string_new(NULL);

    for (unsigned i = 0; i < VIRTCPU_DISK_LIMITS; i++) {
        if (i == VIRTCPU_DISK_LENGTH) {
            virtcpu_xml_append_element(inside, 8, "group_name", tune->group);
        }
        if (tune->limits[i] != 0) {
            g_string_append_printf(inside, "        <%s>%" G_GUINT64_FORMAT "</%s>\n",
                                   limit_names[i], tune->limits[i], limit_names[i]);
        }
    }
    if (inside->len > 0) {
        g_string_append_printf(out, "      <iotune>\n%s      </iotune>\n", inside->str);
    }
}

void
virtcpu_disk_tune_clear(VirtCpuDiskTune *tune)
{
    g_free(tune->group);
    memset(tune, 0, sizeof(*tune));
}

void
virtcpu_disk_tune_wish_clear(VirtCpuDiskTuneWish *wish)
{
    virtcpu_disk_tune_clear(&wish->tune);
}

VirtCpuDiskTuneWish *
virtcpu_disk_tune_wish_copy(const VirtCpuDiskTuneWish *wish)
{
    VirtCpuDiskTuneWish *copy = g_memdup2(wish, sizeof(*wish));

    copy->tune.group = g_strdup(copy->tune.group);
    return copy;
}

void
virtcpu_disk_tune_wish_free(VirtCpuDiskTuneWish *wish)
{
    if (wish != NULL) {
        virtcpu_disk_tune_wish_clear(wish);
    }
    g_free(wish);
}

void
virtcpu_disk_tune_assign(VirtCpuDiskTune *tune, const VirtCpuDiskTune *other)
{
    char *old = tune->group;

    *tune = *other;
    tune->group = g_strdup(other->group);
    g_free(old);
}

gboolean
virtcpu_disk_tune_is_set(const VirtCpuDiskTune *tune)
{
    static const VirtCpuDiskTune nothing = { { 0 } };

    return !virtcpu_disk_tune_equal(tune, &nothing);
}

gboolean
virtcpu_disk_tune_equal(const VirtCpuDiskTune *tune, const VirtCpuDiskTune *other)
{
    return memcmp(tune->limits, other->limits, sizeof(tune->limits)) == 0;
}

/* The burst of @rate is more than the rate, and lasts. */
static gboolean
check_burst(const VirtCpuDiskTune *tune, unsigned rate, GError **error)
{
    const guint64 usual = tune->limits[VIRTCPU_DISK_RATE + rate];
    const guint64 burst = tune->limits[VIRTCPU_DISK_BURST + rate];
    const guint64 length = tune->limits[VIRTCPU_DISK_LENGTH + rate];
    const char *usual_name = limit_names[VIRTCPU_DISK_RATE + rate];
    const char *burst_name = limit_names[VIRTCPU_DISK_BURST + rate];
    const char *length_name = limit_names[VIRTCPU_DISK_LENGTH + rate];

    if (burst != 0 && usual == 0) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("value '%s' cannot be set if '%s' is not set"), burst_name, usual_name);
        return FALSE;
    }
    if (burst != 0 && burst < usual) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("value '%s' cannot be smaller than '%s'"), burst_name, usual_name);
        return FALSE;
    }
    if (length > 1 && burst == 0) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("value '%s' cannot be set if '%s' is not set"), length_name,
                          burst_name);
        return FALSE;
    }
    if (burst != 0 && length > VIRTCPU_DISK_LIMIT_MAX / burst) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("value '%s' is too high for '%s'"), length_name, burst_name);
        return FALSE;
    }
    return TRUE;
}

static gboolean
check_sizes(const VirtCpuDiskTune *tune, GError **error)
{
    const guint64 *operations = &tune->limits[VIRTCPU_DISK_RATE + FAMILY];

    for (unsigned i = 0; i < VIRTCPU_DISK_LENGTH; i++) {
        if (tune->limits[i] > VIRTCPU_DISK_LIMIT_MAX) {
            virtcpu_error_set(error, VIRTCPU_ERR_ARGUMENT_UNSUPPORTED,
                              _("block I/O throttle limit must be no more than %llu using QEMU"),
                              (unsigned long long)VIRTCPU_DISK_LIMIT_MAX);
            return FALSE;
        }
    }
    if (tune->limits[VIRTCPU_DISK_SIZE] != 0 && operations[0] == 0 && operations[1] == 0 &&
        operations[2] == 0) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("value 'size_iops_sec' cannot be set if no iops_sec is set"));
        return FALSE;
    }
    return TRUE;
}

gboolean
virtcpu_disk_tune_check(const VirtCpuDiskTune *tune, GError **error)
{
    if (!check_sizes(tune, error)) {
        return FALSE;
    }
    for (unsigned rate = 0; rate < VIRTCPU_DISK_RATES; rate++) {
        if (!check_burst(tune, rate, error)) {
            return FALSE;
        }
    }
    if (tune->group != NULL && !virtcpu_disk_tune_is_set(tune)) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("group_name can be configured only together with settings"));
        return FALSE;
    }
    return TRUE;
}

static gboolean
is_any_given(const VirtCpuDiskTuneWish *wish, unsigned first, unsigned count)
{
    for (unsigned i = first; i < first + count; i++) {
        if (wish->given[i]) {
            return TRUE;
        }
    }
    return FALSE;
}

static void
change_family(const VirtCpuDiskTune *now, const VirtCpuDiskTuneWish *wish, unsigned first,
              unsigned count, VirtCpuDiskTune *next)
{
    const VirtCpuDiskTune *from = is_any_given(wish, first, count) ? &wish->tune : now;

    memcpy(&next->limits[first], &from->limits[first], count * sizeof(next->limits[0]));
}

/* QEMU has a burst last at least a second: where there was a length there still is one. */
static void
keep_lengths(const VirtCpuDiskTune *now, VirtCpuDiskTune *next)
{
    for (unsigned rate = 0; rate < VIRTCPU_DISK_RATES; rate++) {
        guint64 *length = &next->limits[VIRTCPU_DISK_LENGTH + rate];
        const gboolean is_limited = next->limits[VIRTCPU_DISK_RATE + rate] != 0 ||
                                    next->limits[VIRTCPU_DISK_BURST + rate] != 0;

        if (*length == 0 && now->limits[VIRTCPU_DISK_LENGTH + rate] != 0 && is_limited) {
            *length = 1;
        }
    }
}

/* A burst outlives no rate. */
static gboolean
check_reset(const VirtCpuDiskTune *now, const VirtCpuDiskTune *next, GError **error)
{
    for (unsigned rate = 0; rate < VIRTCPU_DISK_RATES; rate++) {
        if (next->limits[VIRTCPU_DISK_BURST + rate] != 0 && next->limits[rate] == 0 &&
            now->limits[rate] != 0) {
            virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                              _("cannot reset '%s' when '%s' is set"), limit_names[rate],
                              limit_names[VIRTCPU_DISK_BURST + rate]);
            return FALSE;
        }
    }
    return TRUE;
}

gboolean
virtcpu_disk_tune_change(const VirtCpuDiskTune *now, const VirtCpuDiskTuneWish *wish,
                         VirtCpuDiskTune *next, GError **error)
{
    const char *contradiction = find_contradiction(&wish->tune);

    if (contradiction != NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          _("total and read/write of %s cannot be set at the same time"),
                          contradiction);
        return FALSE;
    }
    for (unsigned i = 0; i < VIRTCPU_DISK_SIZE; i += FAMILY) {
        change_family(now, wish, i, FAMILY, next);
    }
    change_family(now, wish, VIRTCPU_DISK_SIZE, 1, next);
    change_family(now, wish, VIRTCPU_DISK_LENGTH, FAMILY, next);
    change_family(now, wish, VIRTCPU_DISK_LENGTH + FAMILY, FAMILY, next);
    keep_lengths(now, next);
    if (wish->group_given) {
        next->group = g_strdup(wish->tune.group);
    } else if (virtcpu_disk_tune_is_set(next)) {
        next->group = g_strdup(now->group);
    }
    return check_reset(now, next, error) && virtcpu_disk_tune_check(next, error);
}
