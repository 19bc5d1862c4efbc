/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A client on libvirt-glib: connect, list, define, start, watch events, stop, undefine, close.
 *
 * usage: client-glib URI NAME DEFINITION; prints a line for each step and each event. */
#include <libvirt-gobject/libvirt-gobject.h>
#include <stdlib.h>

typedef struct {
    GVirConnection *connection;
    const char *name;
    GMainLoop *loop;
    guint events, wanted;
} Watch;

static void
fail(const char *what, GError *error)
{
    g_printerr("%s: %s\n", what, error != NULL ? error->message : "no reason given");
    exit(1);
}

static void
happened(Watch *watch, GVirDomain *domain, const char *what)
{
    if (g_strcmp0(gvir_domain_get_name(domain), watch->name) != 0) {
        return;
    }
    g_print("event %s\n", what);
    if (++watch->events >= watch->wanted) {
        g_main_loop_quit(watch->loop);
    }
}

static void
added(GVirConnection *connection, GVirDomain *domain, gpointer data)
{
    happened(data, domain, "added");
}

static void
removed(GVirConnection *connection, GVirDomain *domain, gpointer data)
{
    happened(data, domain, "removed");
}

static void
started(GVirDomain *domain, gpointer data)
{
    happened(data, domain, "started");
}

static void
suspended(GVirDomain *domain, gpointer data)
{
    happened(data, domain, "suspended");
}

static void
resumed(GVirDomain *domain, gpointer data)
{
    happened(data, domain, "resumed");
}

static void
stopped(GVirDomain *domain, gpointer data)
{
    happened(data, domain, "stopped");
}

static gboolean
give_up(gpointer data)
{
    g_printerr("an event did not come\n");
    exit(1);
}

/* Until @count more events have come; a minute without is a failure. */
static void
wait_for(Watch *watch, guint count)
{
    const guint timer = g_timeout_add_seconds(60, give_up, NULL);

    watch->wanted += count;
    if (watch->events < watch->wanted) {
        g_main_loop_run(watch->loop);
    }
    g_source_remove(timer);
}

static guint
count_domains(Watch *watch)
{
    g_autoptr(GError) error = NULL;
    GList *domains;
    guint count;

    if (!gvir_connection_fetch_domains(watch->connection, NULL, &error)) {
        fail("list", error);
    }
    domains = gvir_connection_get_domains(watch->connection);
    count = g_list_length(domains);
    g_list_free_full(domains, g_object_unref);
    return count;
}

static void
define(Watch *watch, const char *xml)
{
    g_autoptr(GError) error = NULL;
    GVirConfigDomain *config = gvir_config_domain_new_from_xml(xml, &error);
    GVirDomain *domain;

    if (config == NULL) {
        fail("read", error);
    }
    domain = gvir_connection_create_domain(watch->connection, config, &error);
    g_object_unref(config);
    if (domain == NULL) {
        fail("define", error);
    }
    g_object_unref(domain);
}

/* Listing makes new objects, and events go to those. */
static GVirDomain *
find(Watch *watch)
{
    GVirDomain *domain = gvir_connection_find_domain_by_name(watch->connection, watch->name);

    if (domain == NULL) {
        fail("find", NULL);
    }
    g_signal_connect(domain, "started::booted", G_CALLBACK(started), watch);
    g_signal_connect(domain, "suspended::paused", G_CALLBACK(suspended), watch);
    g_signal_connect(domain, "resumed::unpaused", G_CALLBACK(resumed), watch);
    g_signal_connect(domain, "stopped::destroyed", G_CALLBACK(stopped), watch);
    return domain;
}

static void
live_and_die(Watch *watch, GVirDomain *domain)
{
    g_autoptr(GError) error = NULL;
    GVirConfigDomain *config;
    GVirDomainInfo *info;

    if (!gvir_domain_start(domain, 0, &error)) {
        fail("start", error);
    }
    wait_for(watch, 1);
    info = gvir_domain_get_info(domain, &error);
    config = gvir_domain_get_config(domain, 0, &error);
    if (info == NULL || config == NULL) {
        fail("ask", error);
    }
    g_object_unref(config);
    g_print("state %d vcpus %d\n", (int)info->state, (int)info->nrVirtCpu);
    g_boxed_free(GVIR_TYPE_DOMAIN_INFO, info);
    if (!gvir_domain_suspend(domain, &error)) {
        fail("suspend", error);
    }
    wait_for(watch, 1);
    if (!gvir_domain_resume(domain, &error)) {
        fail("resume", error);
    }
    wait_for(watch, 1);
    if (!gvir_domain_stop(domain, 0, &error)) {
        fail("stop", error);
    }
    wait_for(watch, 1);
    if (!gvir_domain_delete(domain, 0, &error)) {
        fail("delete", error);
    }
    wait_for(watch, 1);
}

int
main(int argc, char **argv)
{
    Watch watch = { 0 };
    g_autofree char *xml = NULL;
    g_autoptr(GError) error = NULL;
    GVirDomain *domain;

    if (argc != 4 || !g_file_get_contents(argv[3], &xml, NULL, NULL)) {
        g_printerr("usage: client-glib URI NAME DEFINITION\n");
        return 1;
    }
    gvir_init_object(&argc, &argv);
    watch.name = argv[2];
    watch.loop = g_main_loop_new(NULL, FALSE);
    watch.connection = gvir_connection_new(argv[1]);
    if (!gvir_connection_open(watch.connection, NULL, &error)) {
        fail("open", error);
    }
    g_print("domains %u\n", count_domains(&watch));
    g_signal_connect(watch.connection, "domain-added", G_CALLBACK(added), &watch);
    g_signal_connect(watch.connection, "domain-removed", G_CALLBACK(removed), &watch);
    define(&watch, xml);
    wait_for(&watch, 1);
    g_print("domains %u\n", count_domains(&watch));
    domain = find(&watch);
    live_and_die(&watch, domain);
    g_print("domains %u\n", count_domains(&watch));
    g_object_unref(domain);
    gvir_connection_close(watch.connection);
    g_object_unref(watch.connection);
    g_main_loop_unref(watch.loop);
    return 0;
}
