/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A paused vCPU held against a passport. */
#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/domain-complete.h"
#include "drivers/qemu/domain-passport.h"
#include "drivers/qemu/driver-priv.h"
#include "drivers/qemu/explain.h"
#include "drivers/qemu/vcpu-named.h"
#include "drivers/qemu/vcpu-properties.h"
#include "drivers/qemu/vcpu.h"

/* Properties named in an error at most. */
#define MAX_NAMED 20

/* What is wrong with a vCPU; arrays of char *. */
typedef struct {
    GPtrArray *missing, *extra; /* features */
    GPtrArray *other;           /* "name is 1, was 0" */
} Faults;

static void
faults_clear(Faults *faults)
{
    g_clear_pointer(&faults->missing, g_ptr_array_unref);
    g_clear_pointer(&faults->extra, g_ptr_array_unref);
    g_clear_pointer(&faults->other, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Faults, faults_clear)

static void
faults_init(Faults *faults)
{
    faults->missing = g_ptr_array_new_with_free_func(g_free);
    faults->extra = g_ptr_array_new_with_free_func(g_free);
    faults->other = g_ptr_array_new_with_free_func(g_free);
}

/* ---- features and identity ---- */

static void
compare_features(const VirtCpuPassport *passport, const VirtCpuData *enabled, Faults *faults)
{
    g_autofree const char **names = virtcpu_cpu_feature_names(passport->arch);

    for (const char **name = names; *name != NULL; name++) {
        const gboolean had = virtcpu_cpu_data_has_feature(passport->features, *name);
        const gboolean has = virtcpu_cpu_data_has_feature(enabled, *name);

        if (had != has) {
            g_ptr_array_add(had ? faults->missing : faults->extra, g_strdup(*name));
        }
    }
}

static void
add_register(const VirtCpuDataDifference *difference, Faults *faults)
{
    g_autofree char *was = g_strdup_printf("0x%" G_GINT64_MODIFIER "x", difference->was);
    g_autofree char *is = g_strdup_printf("0x%" G_GINT64_MODIFIER "x", difference->is);
    g_autofree char *name = g_strdup_printf("0x%x.%u.%s", difference->leaf, difference->subleaf,
                                            virtcpu_register_to_string(difference->reg));

    g_ptr_array_add(faults->other, g_strdup_printf(_("%s is %s, was %s"), name, is, was));
}

/* Vendor and signature, and bits that have no name. */
static void
compare_registers(const VirtCpuPassport *passport, const VirtCpuData *enabled, Faults *faults)
{
    g_autoptr(GArray) differences = virtcpu_cpu_data_differences(passport->features, enabled);

    if (faults->missing->len > 0 || faults->extra->len > 0) {
        return; /* they are among these */
    }
    for (guint i = 0; i < differences->len; i++) {
        const VirtCpuDataDifference *difference =
            &g_array_index(differences, VirtCpuDataDifference, i);

        if (difference->was != difference->is) {
            add_register(difference, faults);
        }
    }
}

/* virtcpu_vcpus_ask or virtcpu_vcpus_ask_first. */
typedef gboolean (*AskFunc)(VirtCpuQmp *qmp, VirtCpuArch arch, unsigned timeout_ms,
                            VirtCpuVcpus *vcpus, GError **error);

static gboolean
check_features(VirtCpuDomain *domain, const VirtCpuPassport *passport, AskFunc ask,
               VirtCpuVcpus *vcpus, Faults *faults, GError **error)
{
    const unsigned timeout_ms = domain->driver->monitor_timeout_ms;
    VirtCpuQmp *qmp = domain->run->qmp;

    if (passport->features == NULL) {
        return passport->cpu == NULL ||
               virtcpu_vcpus_compare_named(qmp, passport->arch, passport->cpu, timeout_ms,
                                           faults->missing, faults->extra, error);
    }
    if (!ask(qmp, passport->arch, timeout_ms, vcpus, error)) {
        return FALSE;
    }
    compare_features(passport, vcpus->enabled, faults);
    compare_registers(passport, vcpus->enabled, faults);
    return TRUE;
}

/* ---- properties ---- */

/* What property @name has to be: NULL when the passport does not tell. */
static const VirtCpuJson *
expected_value(const VirtCpuPassport *passport, const char *name)
{
    const VirtCpuJson *value = virtcpu_json_get(passport->vcpu, name);

    return value == NULL && passport->form != NULL ? virtcpu_json_get(passport->form->props, name)
                                                   : value;
}

static void
add_property(Faults *faults, const char *name, const VirtCpuJson *was, const VirtCpuJson *is)
{
    g_autofree char *before = was != NULL ? virtcpu_json_to_option(was) : g_strdup("-");
    g_autofree char *now = is != NULL ? virtcpu_json_to_option(is) : g_strdup("-");

    g_ptr_array_add(faults->other, g_strdup_printf(_("%s is %s, was %s"), name, now, before));
}

/* Properties that one of the two QEMUs does not know are off in it. */
static void
compare_properties(const VirtCpuPassport *passport, const VirtCpuJson *properties, Faults *faults)
{
    for (gsize i = 0; i < virtcpu_json_size(properties); i++) {
        const char *name = virtcpu_json_key_at(properties, i);
        const VirtCpuJson *value = virtcpu_json_at(properties, i);
        const VirtCpuJson *wanted = expected_value(passport, name);

        if (wanted != NULL ? !virtcpu_json_equal(wanted, value)
                           : !virtcpu_explicit_is_nothing(name, value)) {
            add_property(faults, name, wanted, value);
        }
    }
    for (gsize i = 0; i < virtcpu_json_size(passport->vcpu); i++) {
        const char *name = virtcpu_json_key_at(passport->vcpu, i);
        const VirtCpuJson *wanted = virtcpu_json_at(passport->vcpu, i);

        /* a feature was compared with all others */
        if (virtcpu_json_get(properties, name) == NULL &&
            virtcpu_cpu_feature_from_qemu(passport->arch, name) == NULL &&
            !virtcpu_explicit_is_nothing(name, wanted)) {
            add_property(faults, name, wanted, NULL);
        }
    }
}

static gboolean
check_properties(VirtCpuDomain *domain, const VirtCpuPassport *passport, Faults *faults,
                 GError **error)
{
    g_autoptr(VirtCpuJson) properties = NULL;

    if (passport->vcpu == NULL) {
        return TRUE;
    }
    properties = virtcpu_vcpu_properties_ask(domain->run->qmp, passport->arch,
                                             domain->driver->monitor_timeout_ms, error);
    if (properties != NULL) {
        compare_properties(passport, properties, faults);
    }
    return properties != NULL;
}

/* ---- the verdict ---- */

static void
append_names(GString *text, const char *before, const GPtrArray *names)
{
    if (names->len == 0) {
        return;
    }
    g_string_append(text, text->len > 0 ? ", " : "");
    g_string_append(text, before);
    for (guint i = 0; i < names->len && i < MAX_NAMED; i++) {
        g_string_append_printf(text, "%s%s", i > 0 ? "," : " ",
                               (const char *)g_ptr_array_index(names, i));
    }
    if (names->len > MAX_NAMED) {
        g_string_append_printf(text, _(" and %u more"), names->len - MAX_NAMED);
    }
}

/* Why each feature is missing or extra, a sentence a layer. */
static void
append_reasons(GString *text, VirtCpuDomain *domain, const VirtCpuPassport *passport,
               const VirtCpuVcpus *vcpus, const Faults *faults)
{
    g_autoptr(VirtCpuQemuCaps) caps = virtcpu_domain_caps(domain->driver, domain->live, NULL);
    g_autoptr(GPtrArray) explanations = virtcpu_explanations_new();
    const VirtCpuExplainFacts facts = {
        .def = domain->live,
        .caps = caps,
        .cpu = passport->cpu,
        .live = { vcpus->enabled, vcpus->filtered },
        .host = domain->driver->host,
    };

    if (vcpus->enabled == NULL || passport->cpu == NULL) {
        return;
    }
    for (guint i = 0; i < faults->missing->len; i++) {
        virtcpu_explain_missing(&facts, g_ptr_array_index(faults->missing, i), explanations);
    }
    for (guint i = 0; i < faults->extra->len; i++) {
        virtcpu_explain_extra(&facts, g_ptr_array_index(faults->extra, i), explanations);
    }
    virtcpu_explanations_append_sentences(explanations, text);
}

static gboolean
decide(VirtCpuDomain *domain, const VirtCpuPassport *passport, const VirtCpuVcpus *vcpus,
       const Faults *faults, GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);

    append_names(text, _("extra features:"), faults->extra);
    append_names(text, _("missing features:"), faults->missing);
    append_names(text, _("properties:"), faults->other);
    if (text->len == 0) {
        return TRUE;
    }
    append_reasons(text, domain, passport, vcpus, faults);
    virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED,
                      _("guest CPU doesn't match specification: %s"), text->str);
    return FALSE;
}

static gboolean
confirm(VirtCpuDomain *domain, const VirtCpuPassport *passport, AskFunc ask, gboolean properties,
        GError **error)
{
    g_auto(VirtCpuVcpus) vcpus = { 0 };
    g_auto(Faults) faults = { 0 };

    faults_init(&faults);
    return check_features(domain, passport, ask, &vcpus, &faults, error) &&
           (!properties || check_properties(domain, passport, &faults, error)) &&
           decide(domain, passport, &vcpus, &faults, error);
}

gboolean
virtcpu_passport_confirm(VirtCpuDomain *domain, const VirtCpuPassport *passport, GError **error)
{
    return confirm(domain, passport, virtcpu_vcpus_ask, TRUE, error);
}

gboolean
virtcpu_passport_confirm_again(VirtCpuDomain *domain, const VirtCpuPassport *passport,
                               GError **error)
{
    return confirm(domain, passport, virtcpu_vcpus_ask, FALSE, error);
}

gboolean
virtcpu_passport_confirm_first(VirtCpuDomain *domain, const VirtCpuPassport *passport,
                               GError **error)
{
    return confirm(domain, passport, virtcpu_vcpus_ask_first, FALSE, error);
}
