/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How fast a daemon answers libvirt's own client library: rates URI
 *
 * One line a question: its name, the number of connections asking at once, answers a second. Guest
 * questions give milliseconds (median) instead. bench runs this against two daemons. */
#include <glib.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#define SECONDS          1.0
#define MANY_CONNECTIONS 32
#define MANY_CPUS        200
#define GUEST_RUNS       7

typedef struct {
    const char *uri;
    const char **cpus;      /* MANY_CPUS of them, of few kinds and short */
    const char **different; /* MANY_CPUS whole hosts, no two alike */
} Input;

typedef gboolean (*AskFunc)(virConnectPtr connection, const Input *input);

typedef struct {
    const char *name;
    AskFunc ask; /* NULL: open and close a connection */
} Question;

/* What the threads of one measurement share. */
typedef struct {
    const Question *question;
    const Input *input;
    gint ready, stop;
    guint64 answers; /* summed up under the joining thread */
} Measurement;

static gboolean
ask_compare(virConnectPtr connection, const Input *input)
{
    return virConnectCompareCPU(connection, input->cpus[0], 0) >= 0;
}

static gboolean
ask_compare_host(virConnectPtr connection, const Input *input)
{
    return virConnectCompareCPU(connection, input->different[0], 0) >= 0;
}

static gboolean
baseline(virConnectPtr connection, const char **cpus, unsigned count)
{
    g_autofree char *xml = virConnectBaselineCPU(connection, cpus, count, 0);

    return xml != NULL;
}

static gboolean
ask_baseline_two(virConnectPtr connection, const Input *input)
{
    return baseline(connection, input->cpus, 2);
}

static gboolean
ask_baseline_two_hosts(virConnectPtr connection, const Input *input)
{
    return baseline(connection, input->different, 2);
}

static gboolean
ask_baseline_many(virConnectPtr connection, const Input *input)
{
    return baseline(connection, input->cpus, MANY_CPUS);
}

static gboolean
ask_baseline_many_hosts(virConnectPtr connection, const Input *input)
{
    return baseline(connection, input->different, MANY_CPUS);
}

static gboolean
ask_capabilities(virConnectPtr connection, const Input *input)
{
    g_autofree char *xml = virConnectGetCapabilities(connection);

    return xml != NULL;
}

static gboolean
ask_domain_capabilities(virConnectPtr connection, const Input *input)
{
    g_autofree char *xml =
        virConnectGetDomainCapabilities(connection, NULL, "x86_64", NULL, "qemu", 0);

    return xml != NULL;
}

static const Question questions[] = {
    { "open and close", NULL },
    { "compareCPU", ask_compare },
    { "compareCPU, a whole host", ask_compare_host },
    { "baselineCPU of 2", ask_baseline_two },
    { "baselineCPU of 2 hosts", ask_baseline_two_hosts },
    { "baselineCPU of 200", ask_baseline_many },
    { "baselineCPU of 200 different hosts", ask_baseline_many_hosts },
    { "getCapabilities", ask_capabilities },
    { "getDomainCapabilities", ask_domain_capabilities },
};

static virConnectPtr
connect_to(const char *uri)
{
    virConnectPtr connection = virConnectOpen(uri);

    if (connection == NULL) {
        g_error("%s: %s", uri, virGetLastErrorMessage());
    }
    return connection;
}

static gpointer
ask_until_stopped(gpointer data)
{
    Measurement *shared = data;
    const Question *question = shared->question;
    virConnectPtr connection = question->ask != NULL ? connect_to(shared->input->uri) : NULL;
    gsize answers = 0;

    g_atomic_int_inc(&shared->ready);
    while (!g_atomic_int_get(&shared->stop)) {
        if (question->ask == NULL) {
            virConnectClose(connect_to(shared->input->uri));
        } else if (!question->ask(connection, shared->input)) {
            g_error("%s: %s", question->name, virGetLastErrorMessage());
        }
        answers++;
    }
    if (connection != NULL) {
        virConnectClose(connection);
    }
    return GSIZE_TO_POINTER(answers);
}

static void
measure(const Question *question, const Input *input, unsigned connections)
{
    Measurement shared = { .question = question, .input = input };
    g_autoptr(GPtrArray) threads = g_ptr_array_new();
    g_autoptr(GTimer) timer = NULL;
    double seconds;

    for (unsigned i = 0; i < connections; i++) {
        g_ptr_array_add(threads, g_thread_new("ask", ask_until_stopped, &shared));
    }
    while (g_atomic_int_get(&shared.ready) < (gint)connections) {
        g_usleep(1000);
    }
    timer = g_timer_new();
    g_usleep((gulong)(SECONDS * G_USEC_PER_SEC));
    g_atomic_int_set(&shared.stop, 1);
    seconds = g_timer_elapsed(timer, NULL);
    for (unsigned i = 0; i < connections; i++) {
        shared.answers += GPOINTER_TO_SIZE(g_thread_join(g_ptr_array_index(threads, i)));
    }
    g_print("%s\t%u\t%.1f\n", question->name, connections, (double)shared.answers / seconds);
}

static int
by_value(gconstpointer a, gconstpointer b)
{
    double left = *(const double *)a, right = *(const double *)b;

    return (left > right) - (left < right);
}

static void
measure_guest(const char *uri, const char *xml)
{
    virConnectPtr connection = connect_to(uri);
    double start[GUEST_RUNS], destroy[GUEST_RUNS];
    g_autoptr(GTimer) timer = g_timer_new();

    for (unsigned i = 0; i < GUEST_RUNS; i++) {
        virDomainPtr domain;

        g_timer_start(timer);
        domain = virDomainCreateXML(connection, xml, 0);
        start[i] = g_timer_elapsed(timer, NULL);
        if (domain == NULL) {
            g_error("creating a guest: %s", virGetLastErrorMessage());
        }
        g_timer_start(timer);
        if (virDomainDestroy(domain) < 0) {
            g_error("destroying a guest: %s", virGetLastErrorMessage());
        }
        destroy[i] = g_timer_elapsed(timer, NULL);
        virDomainFree(domain);
    }
    qsort(start, GUEST_RUNS, sizeof(double), by_value);
    qsort(destroy, GUEST_RUNS, sizeof(double), by_value);
    g_print("guest start, ms\t1\t%.1f\n", start[GUEST_RUNS / 2] * 1000);
    g_print("guest destroy, ms\t1\t%.1f\n", destroy[GUEST_RUNS / 2] * 1000);
    virConnectClose(connection);
}

/* The @number-th of whole hosts as capabilities show them: which of the features it has, beside
 * those that all have, is its number in binary. */
static char *
new_host(unsigned number)
{
    static const char *const common[] = { "vme",    "ds",      "acpi",   "ss",  "ht",
                                          "tm",     "pbe",     "est",    "tm2", "dtes64",
                                          "ds_cpl", "monitor", "osxsave" };
    static const char *const own[] = { "vmx",  "xtpr",  "pdcm",    "tsc_adjust",
                                       "ssbd", "stibp", "pdpe1gb", "invtsc" };
    GString *xml = g_string_new("<cpu>\n"
                                "  <arch>x86_64</arch>\n"
                                "  <model>Broadwell-IBRS</model>\n"
                                "  <vendor>Intel</vendor>\n"
                                "  <microcode version='184549440'/>\n"
                                "  <counter name='tsc' frequency='2100000000' scaling='no'/>\n"
                                "  <topology sockets='1' dies='1' cores='8' threads='2'/>\n");

    for (gsize i = 0; i < G_N_ELEMENTS(common); i++) {
        g_string_append_printf(xml, "  <feature name='%s'/>\n", common[i]);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(own); i++) {
        if ((number >> i & 1) != 0) {
            g_string_append_printf(xml, "  <feature name='%s'/>\n", own[i]);
        }
    }
    g_string_append(xml, "  <pages unit='KiB' size='4'/>\n"
                         "  <pages unit='KiB' size='2048'/>\n"
                         "</cpu>\n");
    return g_string_free(xml, FALSE);
}

int
main(int argc, char **argv)
{
    static const char *const models[] = { "Westmere", "Nehalem", "SandyBridge", "Haswell" };
    g_autoptr(GPtrArray) cpus = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) different = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *guest = NULL;
    Input input;

    if (argc != 3 || !g_file_get_contents(argv[2], &guest, NULL, NULL)) {
        g_printerr("usage: rates URI GUEST.xml\n");
        return 2;
    }
    for (unsigned i = 0; i < MANY_CPUS; i++) {
        g_ptr_array_add(cpus, g_strdup_printf("<cpu><arch>x86_64</arch><model>%s</model></cpu>",
                                              models[i % G_N_ELEMENTS(models)]));
        g_ptr_array_add(different, new_host(i + 1));
    }
    input = (Input){ .uri = argv[1],
                     .cpus = (const char **)cpus->pdata,
                     .different = (const char **)different->pdata };
    for (gsize i = 0; i < G_N_ELEMENTS(questions); i++) {
        measure(&questions[i], &input, 1);
        measure(&questions[i], &input, MANY_CONNECTIONS);
    }
    measure_guest(argv[1], guest);
    return 0;
}
