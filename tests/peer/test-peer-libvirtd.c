/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The same random questions to a live libvirtd and to the algebra: compareCPU against libvirtd's
 * host, baselineCPU over sets. Both answer from models that both define alike, since the two maps
 * are of different age; what is left out for that is counted and told.
 *
 * VIRTCPU_TEST_CASES: how many of each (300). VIRTCPU_TEST_SEED: which (1). */
#include "conf/error.h"
#include "tests/peer/random-cpu.h"

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <stdlib.h>

#define ARCH VIRTCPU_ARCH_X86_64
#define URI  "qemu:///system"
/* Largest set of a baseline, less one. */
#define MAX_SET 6

typedef struct {
    virConnectPtr connection; /* NULL: there is no libvirtd to ask */
    VirtCpuDef *host;         /* its own */
    GPtrArray *models;        /* of char *, NULL at the end: both define them alike */
    guint other_models;       /* those it knows that we define otherwise */
    GPtrArray *features;      /* of char *: both know them */
    guint cases;
    GRand *random;
} Peer;

static guint
number_from_environment(const char *name, guint fallback)
{
    guint64 value;
    const char *text = g_getenv(name);

    return text != NULL && g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT32, &value, NULL)
               ? (guint)value
               : fallback;
}

static void
forget_libvirt_error(void *data, virErrorPtr error)
{
}

/* What one side says to a question: an error code, or a text with features in one order. */
typedef struct {
    int code; /* 0: no error */
    char *text;
} Answer;

static void
answer_clear(Answer *answer)
{
    g_clear_pointer(&answer->text, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Answer, answer_clear)

/* The two maps list features in different orders: sorted, only the difference in content is left.
 */
static char *
sorted_xml(VirtCpuDef *def)
{
    virtcpu_def_sort_features(def);
    return virtcpu_def_to_xml(def);
}

static Answer
their_baseline(const Peer *peer, const GPtrArray *xmls, unsigned flags)
{
    char *xml =
        virConnectBaselineCPU(peer->connection, (const char **)xmls->pdata, xmls->len, flags);
    g_autoptr(VirtCpuDef) def = NULL;
    g_autoptr(GError) error = NULL;

    if (xml == NULL) {
        return (Answer){ .code = virGetLastErrorCode() };
    }
    def = virtcpu_def_parse(xml, VIRTCPU_DEF_GUEST, &error);
    g_assert_no_error(error);
    free(xml);
    return (Answer){ .text = sorted_xml(def) };
}

static Answer
our_baseline(const Peer *peer, const GPtrArray *defs, unsigned flags)
{
    const VirtCpuBaselineOptions options = {
        .expand_features = (flags & VIR_CONNECT_BASELINE_CPU_EXPAND_FEATURES) != 0,
        .migratable = (flags & VIR_CONNECT_BASELINE_CPU_MIGRATABLE) != 0,
        .for_qemu = TRUE,
        .models = (const char *const *)peer->models->pdata,
    };
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuDef) def = virtcpu_cpu_baseline(ARCH, defs, &options, &error);

    if (def == NULL) {
        return (Answer){ .code = (int)virtcpu_error_to_code(error) };
    }
    return (Answer){ .text = sorted_xml(def) };
}

/* Both sides' baseline of @defs; TRUE when it is the same. */
static gboolean
same_baseline(const Peer *peer, const GPtrArray *defs, unsigned flags, Answer *theirs, Answer *ours)
{
    g_autoptr(GPtrArray) xmls = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < defs->len; i++) {
        g_ptr_array_add(xmls, virtcpu_def_to_xml(g_ptr_array_index(defs, i)));
    }
    *theirs = their_baseline(peer, xmls, flags);
    *ours = our_baseline(peer, defs, flags);
    return theirs->code == ours->code && g_strcmp0(theirs->text, ours->text) == 0;
}

/* Features of model @name as a side says by expanding it; the model it calls them does not matter.
 */
static char *
features_in(const char *xml)
{
    g_autoptr(VirtCpuDef) def =
        xml != NULL ? virtcpu_def_parse(xml, VIRTCPU_DEF_GUEST, NULL) : NULL;
    GString *names = g_string_new(NULL);

    for (guint i = 0; def != NULL && i < def->features->len; i++) {
        const VirtCpuDefFeature *feature = g_ptr_array_index(def->features, i);

        if (feature->policy == VIRTCPU_POLICY_REQUIRE) {
            g_string_append_printf(names, "%s ", feature->name);
        }
    }
    return g_string_free(names, FALSE);
}

static gboolean
is_defined_alike(const Peer *peer, const char *model)
{
    g_autoptr(GPtrArray) alone = g_ptr_array_new_with_free_func((GDestroyNotify)virtcpu_def_free);
    VirtCpuDef *def = virtcpu_def_new(VIRTCPU_DEF_HOST);
    g_auto(Answer) theirs = { 0 };
    g_auto(Answer) ours = { 0 };
    g_autofree char *their_features = NULL;
    g_autofree char *our_features = NULL;

    def->arch = ARCH;
    def->model = g_strdup(model);
    g_ptr_array_add(alone, def);
    same_baseline(peer, alone, VIR_CONNECT_BASELINE_CPU_EXPAND_FEATURES, &theirs, &ours);
    their_features = features_in(theirs.text);
    our_features = features_in(ours.text);
    return theirs.text != NULL && g_str_equal(their_features, our_features);
}

/* Keep the models that both define alike. All of ours are allowed while that is found out. */
static void
find_common_models(Peer *peer)
{
    g_autoptr(GPtrArray) common = g_ptr_array_new_with_free_func(g_free);
    char **names = NULL;
    int count = virConnectGetCPUModelNames(peer->connection, "x86_64", &names, 0);
    g_autofree const char **ours = virtcpu_cpu_model_names(ARCH, NULL);

    peer->models = g_ptr_array_new_with_free_func(g_free);
    for (const char **name = ours; *name != NULL; name++) {
        g_ptr_array_add(peer->models, g_strdup(*name));
    }
    g_ptr_array_add(peer->models, NULL);
    for (int i = 0; i < count; i++) {
        VirtCpuModelInfo info;

        if (virtcpu_cpu_model_info(ARCH, names[i], &info) && is_defined_alike(peer, names[i])) {
            g_ptr_array_add(common, g_strdup(names[i]));
        } else {
            peer->other_models++;
        }
        free(names[i]);
    }
    free(names);
    g_ptr_array_unref(peer->models);
    peer->models = g_steal_pointer(&common);
    g_ptr_array_add(peer->models, NULL);
}

/* Keep our features that libvirtd does not refuse by name. */
static void
find_common_features(Peer *peer)
{
    g_autofree const char **names = virtcpu_cpu_feature_names(ARCH);

    peer->features = g_ptr_array_new_with_free_func(g_free);
    for (const char **name = names; *name != NULL; name++) {
        g_autofree char *xml = g_strdup_printf(
            "<cpu><arch>x86_64</arch><model>486</model><feature name='%s'/></cpu>", *name);

        if (virConnectCompareCPU(peer->connection, xml, 0) != VIR_CPU_COMPARE_ERROR) {
            g_ptr_array_add(peer->features, g_strdup(*name));
        }
    }
}

static void
read_host(Peer *peer)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) cpus = NULL;
    char *xml = virConnectGetCapabilities(peer->connection);

    g_assert_nonnull(xml);
    cpus = virtcpu_def_parse_all(xml, &error);
    g_assert_no_error(error);
    peer->host = virtcpu_def_copy(g_ptr_array_index(cpus, 0));
    free(xml);
}

static gboolean
skip_without(const Peer *peer)
{
    if (peer->connection == NULL) {
        g_test_skip("no libvirtd answers at " URI);
        return TRUE;
    }
    if (peer->models->len < 2 || peer->features->len == 0) {
        g_test_skip("libvirtd knows no model or feature that we define alike");
        return TRUE;
    }
    return FALSE;
}

/* Names without the NULL that ends the list. */
static GPtrArray *
without_end(const GPtrArray *names)
{
    GPtrArray *copy = g_ptr_array_new();

    for (guint i = 0; i + 1 < names->len; i++) {
        g_ptr_array_add(copy, g_ptr_array_index(names, i));
    }
    return copy;
}

static void
test_compare(gconstpointer data)
{
    const Peer *peer = data;
    g_autoptr(GPtrArray) models = NULL;
    guint counts[3] = { 0 };
    guint different = 0;

    if (skip_without(peer)) {
        return;
    }
    models = without_end(peer->models);
    for (guint i = 0; i < peer->cases; i++) {
        const RandomCpu source = { peer->random, models, peer->features };
        g_autoptr(VirtCpuDef) guest = random_cpu_guest(&source, peer->host);
        g_autofree char *xml = virtcpu_def_to_xml(guest);
        int theirs = virConnectCompareCPU(peer->connection, xml, 0);
        VirtCpuCompareResult ours = virtcpu_cpu_compare_defs(peer->host, guest, FALSE, NULL);

        g_assert_cmpint(ours, <=, VIRTCPU_COMPARE_SUPERSET);
        if (theirs >= 0) {
            counts[theirs]++;
        }
        if (theirs != (int)ours) {
            different++;
            g_test_message("libvirtd says %d, we say %d:\n%s", theirs, ours, xml);
        }
    }
    g_test_message("%u compared: %u incompatible, %u identical, %u superset; %u answered otherwise",
                   peer->cases, counts[0], counts[1], counts[2], different);
    g_assert_cmpuint(different, ==, 0);
}

/* TRUE when libvirtd's answer rests on a model that we define otherwise, which we must not use. */
static gboolean
is_of_other_model(const Peer *peer, const Answer *theirs)
{
    g_autoptr(VirtCpuDef) def =
        theirs->text != NULL ? virtcpu_def_parse(theirs->text, VIRTCPU_DEF_GUEST, NULL) : NULL;

    return def != NULL && def->model != NULL &&
           !g_strv_contains((const char *const *)peer->models->pdata, def->model);
}

static GPtrArray *
random_set(const Peer *peer, const GPtrArray *models)
{
    const RandomCpu source = { peer->random, models, peer->features };
    GPtrArray *defs = g_ptr_array_new_with_free_func((GDestroyNotify)virtcpu_def_free);

    g_ptr_array_add(defs, random_cpu_host(&source));
    for (gint32 count = g_rand_int_range(peer->random, 0, MAX_SET); count > 0; count--) {
        g_ptr_array_add(defs, random_cpu_host_like(&source, g_ptr_array_index(defs, 0)));
    }
    return defs;
}

static void
report_baseline(const GPtrArray *defs, unsigned flags, const Answer *theirs, const Answer *ours)
{
    g_test_message("flags %u: libvirtd says (%d) %s", flags, theirs->code, theirs->text);
    g_test_message("we say (%d) %s", ours->code, ours->text);
    for (guint i = 0; i < defs->len; i++) {
        g_autofree char *xml = virtcpu_def_to_xml(g_ptr_array_index(defs, i));

        g_test_message("of %s", xml);
    }
}

static void
test_baseline(gconstpointer data)
{
    const Peer *peer = data;
    g_autoptr(GPtrArray) models = NULL;
    guint errors = 0, others = 0, different = 0;

    if (skip_without(peer)) {
        return;
    }
    models = without_end(peer->models);
    for (guint i = 0; i < peer->cases; i++) {
        g_autoptr(GPtrArray) defs = random_set(peer, models);
        unsigned flags = (unsigned)g_rand_int_range(peer->random, 0, 4);
        g_auto(Answer) theirs = { 0 };
        g_auto(Answer) ours = { 0 };

        if (same_baseline(peer, defs, flags, &theirs, &ours)) {
            errors += theirs.code != 0;
        } else if (is_of_other_model(peer, &theirs)) {
            others++;
        } else {
            different++;
            report_baseline(defs, flags, &theirs, &ours);
        }
    }
    g_test_message("%u baselines: %u are the same error; %u rest on one of %u models that the maps "
                   "define otherwise; %u answered otherwise",
                   peer->cases, errors, others, peer->other_models, different);
    g_assert_cmpuint(different, ==, 0);
}

static void
peer_open(Peer *peer)
{
    virSetErrorFunc(NULL, forget_libvirt_error);
    peer->cases = number_from_environment("VIRTCPU_TEST_CASES", 300);
    peer->random = g_rand_new_with_seed(number_from_environment("VIRTCPU_TEST_SEED", 1));
    peer->connection = virConnectOpen(URI);
    if (peer->connection == NULL) {
        return;
    }
    read_host(peer);
    find_common_models(peer);
    find_common_features(peer);
}

static void
peer_close(Peer *peer)
{
    g_rand_free(peer->random);
    if (peer->connection == NULL) {
        return;
    }
    virConnectClose(peer->connection);
    virtcpu_def_free(peer->host);
    g_ptr_array_unref(peer->models);
    g_ptr_array_unref(peer->features);
}

int
main(int argc, char **argv)
{
    Peer peer = { 0 };
    int status;

    g_test_init(&argc, &argv, NULL);
    peer_open(&peer);
    g_test_add_data_func("/peer/libvirtd/compare", &peer, test_compare);
    g_test_add_data_func("/peer/libvirtd/baseline", &peer, test_baseline);
    status = g_test_run();
    peer_close(&peer);
    return status;
}
