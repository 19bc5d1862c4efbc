/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/folder-watch.h"

#include "conf/error.h"
#include "conf/fd.h"
#include "conf/i18n.h"

#include <errno.h>
#include <glib-unix.h>
#include <limits.h>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

/* Installing a package touches many files: the call waits until it has been quiet for this long, */
#define QUIET_US (200 * G_TIME_SPAN_MILLISECOND)
/* but not longer than this. */
#define LONGEST_US (2 * G_TIME_SPAN_SECOND)

#define EVENTS                                                                                     \
    (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_CLOSE_WRITE | IN_ATTRIB |            \
     IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)

/* What the kernel was asked to watch. */
typedef struct {
    GPtrArray *patterns; /* of names that matter; an awaited folder's own name among them */
} Node;

struct _VirtCpuFolderWatch {
    GMainContext *context;
    VirtCpuFolderWatchFunc func;
    gpointer user_data;
    VirtCpuFd fd;
    GSource *events;
    GSource *timer; /* the call to come; the context's thread only, as is first */
    gint64 first;   /* monotonic time of the first event that it is for; 0: none */

    GMutex lock;        /* guards all below */
    GHashTable *wanted; /* folder to GPtrArray of patterns */
    GHashTable *nodes;  /* the kernel's number to Node */
    gboolean complained;
    gboolean settled; /* nothing was told that folders were not watched anew for */
    guint64 count;    /* of what was told; from 1 */
};

static void
node_free(gpointer data)
{
    Node *node = data;

    g_ptr_array_unref(node->patterns);
    g_free(node);
}

static void
add_pattern(GPtrArray *patterns, const char *pattern)
{
    if (!g_ptr_array_find_with_equal_func(patterns, pattern, g_str_equal, NULL)) {
        g_ptr_array_add(patterns, g_strdup(pattern));
    }
}

/* ---- asking the kernel; under the lock ---- */

static Node *
get_node(VirtCpuFolderWatch *watch, int number)
{
    Node *node = g_hash_table_lookup(watch->nodes, GINT_TO_POINTER(number));

    if (node == NULL) {
        node = g_new0(Node, 1);
        node->patterns = g_ptr_array_new_with_free_func(g_free);
        g_hash_table_insert(watch->nodes, GINT_TO_POINTER(number), node);
    }
    return node;
}

static void
complain(VirtCpuFolderWatch *watch, const char *folder)
{
    if (!watch->complained) {
        watch->complained = TRUE;
        g_message("changes in '%s' will be noticed late: %s", folder, g_strerror(errno));
    }
}

/* Watch @folder, or what is above it until it comes. */
static void
arm(VirtCpuFolderWatch *watch, const char *folder, const GPtrArray *patterns)
{
    g_autofree char *path = g_strdup(folder);
    g_autofree char *awaited = NULL;
    int number = inotify_add_watch(watch->fd, path, EVENTS);
    Node *node;

    while (number < 0 && (errno == ENOENT || errno == ENOTDIR) && !g_str_equal(path, "/")) {
        g_autofree char *below = g_steal_pointer(&path);

        g_free(awaited);
        awaited = g_path_get_basename(below);
        path = g_path_get_dirname(below);
        number = inotify_add_watch(watch->fd, path, EVENTS);
    }
    if (number < 0) {
        complain(watch, path);
        return;
    }
    node = get_node(watch, number);
    for (guint i = 0; awaited == NULL && i < patterns->len; i++) {
        add_pattern(node->patterns, g_ptr_array_index(patterns, i));
    }
    if (awaited != NULL) {
        add_pattern(node->patterns, awaited);
    }
}

/* Folders may have come and gone. */
static void
arm_all(VirtCpuFolderWatch *watch)
{
    GHashTableIter iterator;
    gpointer folder, patterns;

    g_hash_table_iter_init(&iterator, watch->wanted);
    while (g_hash_table_iter_next(&iterator, &folder, &patterns)) {
        arm(watch, folder, patterns);
    }
}

/* TRUE when @event is about something that was asked for. */
static gboolean
matters(VirtCpuFolderWatch *watch, const struct inotify_event *event)
{
    const Node *node = g_hash_table_lookup(watch->nodes, GINT_TO_POINTER(event->wd));

    if ((event->mask & (IN_Q_OVERFLOW | IN_DELETE_SELF | IN_MOVE_SELF)) != 0) {
        return TRUE;
    }
    if ((event->mask & IN_IGNORED) != 0) {
        g_hash_table_remove(watch->nodes, GINT_TO_POINTER(event->wd));
        return FALSE; /* it was deleted, which was told before */
    }
    for (guint i = 0; node != NULL && event->len > 0 && i < node->patterns->len; i++) {
        if (g_pattern_match_simple(g_ptr_array_index(node->patterns, i), event->name)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* ---- in the context's thread ---- */

static gboolean
call(gpointer data)
{
    VirtCpuFolderWatch *watch = data;

    g_clear_pointer(&watch->timer, g_source_unref);
    watch->first = 0;
    g_mutex_lock(&watch->lock);
    arm_all(watch);
    watch->settled = TRUE;
    g_mutex_unlock(&watch->lock);
    watch->func(watch->user_data);
    return G_SOURCE_REMOVE;
}

/* Have the call made when it has been quiet, or at last. */
static void
postpone(VirtCpuFolderWatch *watch)
{
    const gint64 now = g_get_monotonic_time();

    watch->first = watch->first != 0 ? watch->first : now;
    if (watch->timer == NULL) {
        watch->timer = g_timeout_source_new(0);
        g_source_set_callback(watch->timer, call, watch, NULL);
        g_source_attach(watch->timer, watch->context);
    }
    g_source_set_ready_time(watch->timer, MIN(now + QUIET_US, watch->first + LONGEST_US));
}

static gboolean
read_events(gint fd, GIOCondition condition, gpointer data)
{
    VirtCpuFolderWatch *watch = data;
    _Alignas(struct inotify_event) char buffer[16 * (sizeof(struct inotify_event) + NAME_MAX + 1)];
    gboolean any = FALSE;
    gssize length;

    g_mutex_lock(&watch->lock); /* who counts meanwhile sees them in the kernel, or counted */
    length = read(fd, buffer, sizeof(buffer));
    for (gssize at = 0; at < length;) {
        const struct inotify_event *event = (const struct inotify_event *)(buffer + at);

        any |= matters(watch, event);
        at += (gssize)(sizeof(*event) + event->len);
    }
    if (any) {
        watch->settled = FALSE;
        watch->count++;
    }
    g_mutex_unlock(&watch->lock);
    if (any) {
        postpone(watch);
    }
    return G_SOURCE_CONTINUE;
}

VirtCpuFolderWatch *
virtcpu_folder_watch_new(GMainContext *context, VirtCpuFolderWatchFunc func, gpointer user_data,
                         GError **error)
{
    g_auto(VirtCpuFd) fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    VirtCpuFolderWatch *watch;

    if (fd < 0) {
        virtcpu_error_set_errno(error, errno, _("cannot watch folders"));
        return NULL;
    }
    watch = g_new0(VirtCpuFolderWatch, 1);
    watch->context = g_main_context_ref(context);
    watch->func = func;
    watch->user_data = user_data;
    watch->fd = g_steal_fd(&fd);
    g_mutex_init(&watch->lock);
    watch->settled = TRUE;
    watch->count = 1;
    watch->wanted =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
    watch->nodes = g_hash_table_new_full(NULL, NULL, NULL, node_free);
    watch->events = g_unix_fd_source_new(watch->fd, G_IO_IN);
    g_source_set_callback(watch->events, G_SOURCE_FUNC(read_events), watch, NULL);
    g_source_attach(watch->events, context);
    return watch;
}

static void
source_free(GSource *source)
{
    if (source != NULL) {
        g_source_destroy(source);
        g_source_unref(source);
    }
}

void
virtcpu_folder_watch_free(VirtCpuFolderWatch *watch)
{
    if (watch == NULL) {
        return;
    }
    source_free(watch->events);
    source_free(watch->timer);
    virtcpu_fd_close(watch->fd);
    g_hash_table_unref(watch->wanted);
    g_hash_table_unref(watch->nodes);
    g_mutex_clear(&watch->lock);
    g_main_context_unref(watch->context);
    g_free(watch);
}

void
virtcpu_folder_watch_add(VirtCpuFolderWatch *watch, const char *folder, const char *pattern)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&watch->lock);
    GPtrArray *patterns = g_hash_table_lookup(watch->wanted, folder);

    if (patterns == NULL) {
        patterns = g_ptr_array_new_with_free_func(g_free);
        g_hash_table_insert(watch->wanted, g_strdup(folder), patterns);
    } else if (g_ptr_array_find_with_equal_func(patterns, pattern, g_str_equal, NULL)) {
        return;
    }
    g_ptr_array_add(patterns, g_strdup(pattern));
    arm(watch, folder, patterns);
}

guint64
virtcpu_folder_watch_count(VirtCpuFolderWatch *watch)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&watch->lock);
    struct pollfd unread = { .fd = watch->fd, .events = POLLIN };

    if (!watch->settled || watch->complained || poll(&unread, 1, 0) != 0) {
        return 0;
    }
    return watch->count;
}
