/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How long a daemon takes for a domain's calls, with many domains defined: domains URI GUEST.xml
 *
 * One line a call: its name and its milliseconds (median). The guest's @NAME@ and @NUMBER@ are
 * filled in; everything is undefined at the end. bench runs this against two daemons. */
#include <glib.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <unistd.h>

#define DEFINITIONS 500
#define REPEATS     25

/* The milliseconds of one call, many times. */
typedef struct {
    const char *name;
    double taken[DEFINITIONS];
    gsize count;
} Times;

static void
fail(const char *what)
{
    g_error("%s: %s", what, virGetLastErrorMessage());
}

static void
note(Times *times, GTimer *timer)
{
    times->taken[times->count++] = g_timer_elapsed(timer, NULL) * 1000;
}

static int
by_value(gconstpointer a, gconstpointer b)
{
    double left = *(const double *)a, right = *(const double *)b;

    return (left > right) - (left < right);
}

static void
print(Times *times)
{
    qsort(times->taken, times->count, sizeof(double), by_value);
    g_print("%s\t%.3f\n", times->name, times->taken[times->count / 2]);
}

static char *
make_guest(const char *pattern, unsigned number)
{
    g_autoptr(GString) xml = g_string_new(pattern);
    g_autofree char *name = g_strdup_printf("bench%03u", number);
    g_autofree char *digits = g_strdup_printf("%012u", number);

    g_string_replace(xml, "@NAME@", name, 0);
    g_string_replace(xml, "@NUMBER@", digits, 0);
    return g_strdup(xml->str);
}

static void
define_all(virConnectPtr connection, const char *pattern, virDomainPtr *domains)
{
    Times define = { .name = "define" };
    g_autoptr(GTimer) timer = g_timer_new();

    for (unsigned i = 0; i < DEFINITIONS; i++) {
        g_autofree char *xml = make_guest(pattern, i);

        g_timer_start(timer);
        domains[i] = virDomainDefineXML(connection, xml);
        note(&define, timer);
        if (domains[i] == NULL) {
            fail("define");
        }
    }
    print(&define);
}

static void
list_all(virConnectPtr connection)
{
    Times list = { .name = "list of 500" };
    g_autoptr(GTimer) timer = g_timer_new();

    for (unsigned i = 0; i < REPEATS; i++) {
        virDomainPtr *found;
        int count;

        g_timer_start(timer);
        count = virConnectListAllDomains(connection, &found, 0);
        note(&list, timer);
        if (count < DEFINITIONS) {
            fail("list");
        }
        for (int n = 0; n < count; n++) {
            virDomainFree(found[n]);
        }
        free(found);
    }
    print(&list);
}

static void
print_all(virDomainPtr *domains)
{
    Times dump = { .name = "dumpxml" };
    g_autoptr(GTimer) timer = g_timer_new();

    for (unsigned i = 0; i < DEFINITIONS; i++) {
        g_autofree char *xml = NULL;

        g_timer_start(timer);
        xml = virDomainGetXMLDesc(domains[i], 0);
        note(&dump, timer);
        if (xml == NULL) {
            fail("dumpxml");
        }
    }
    print(&dump);
}

static void
start_and_destroy(virDomainPtr *domains)
{
    Times start = { .name = "start" }, destroy = { .name = "destroy" };
    g_autoptr(GTimer) timer = g_timer_new();

    for (unsigned i = 0; i < REPEATS; i++) {
        g_timer_start(timer);
        if (virDomainCreate(domains[i]) < 0) {
            fail("start");
        }
        note(&start, timer);
        g_timer_start(timer);
        if (virDomainDestroy(domains[i]) < 0) {
            fail("destroy");
        }
        note(&destroy, timer);
    }
    print(&start);
    print(&destroy);
}

/* Of a small guest whose memory is empty but for its firmware, in a file of ours. */
static void
save_and_restore(virConnectPtr connection, virDomainPtr domain)
{
    g_autofree char *path = g_strdup_printf("%s/virtcpu-bench-%d", g_get_tmp_dir(), (int)getpid());
    Times save = { .name = "save" }, restore = { .name = "restore" };
    g_autoptr(GTimer) timer = g_timer_new();

    if (virDomainCreate(domain) < 0) {
        fail("start");
    }
    for (unsigned i = 0; i < REPEATS; i++) {
        g_timer_start(timer);
        if (virDomainSave(domain, path) < 0) {
            fail("save");
        }
        note(&save, timer);
        g_timer_start(timer);
        if (virDomainRestore(connection, path) < 0) {
            fail("restore");
        }
        note(&restore, timer);
    }
    if (virDomainDestroy(domain) < 0) {
        fail("destroy");
    }
    unlink(path);
    print(&save);
    print(&restore);
}

static void
undefine_all(virDomainPtr *domains)
{
    Times undefine = { .name = "undefine" };
    g_autoptr(GTimer) timer = g_timer_new();

    for (unsigned i = 0; i < DEFINITIONS; i++) {
        g_timer_start(timer);
        if (virDomainUndefine(domains[i]) < 0) {
            fail("undefine");
        }
        note(&undefine, timer);
        virDomainFree(domains[i]);
    }
    print(&undefine);
}

int
main(int argc, char **argv)
{
    g_autofree virDomainPtr *domains = g_new0(virDomainPtr, DEFINITIONS);
    g_autofree char *pattern = NULL;
    virConnectPtr connection;

    if (argc != 3 || !g_file_get_contents(argv[2], &pattern, NULL, NULL)) {
        g_printerr("usage: domains URI GUEST.xml\n");
        return 2;
    }
    connection = virConnectOpen(argv[1]);
    if (connection == NULL) {
        fail(argv[1]);
    }
    define_all(connection, pattern, domains);
    list_all(connection);
    print_all(domains);
    start_and_destroy(domains);
    save_and_restore(connection, domains[0]);
    undefine_all(domains);
    virConnectClose(connection);
    return 0;
}
