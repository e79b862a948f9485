/*
 * An addon whose threads wait until points of monotonic time, each in another way of libc's.
 *
 *     start(milliseconds)   starts the threads, whose deadlines lie so far ahead
 *     results()             {name: milliseconds by the wall clock} once all have ended, else null
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <node_api.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

typedef void wait_function(const struct timespec *deadline);

static void wait_condition(const struct timespec *deadline)
{
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_condattr_t attributes;
    pthread_cond_t condition;

    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&condition, &attributes);
    pthread_mutex_lock(&mutex);
    while (pthread_cond_timedwait(&condition, &mutex, deadline) == 0)
        ;
    pthread_mutex_unlock(&mutex);
}

static void wait_condition_clock(const struct timespec *deadline)
{
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t condition = PTHREAD_COND_INITIALIZER;

    pthread_mutex_lock(&mutex);
    while (pthread_cond_clockwait(&condition, &mutex, CLOCK_MONOTONIC, deadline) == 0)
        ;
    pthread_mutex_unlock(&mutex);
}

static void wait_semaphore(const struct timespec *deadline)
{
    sem_t semaphore;

    sem_init(&semaphore, 0, 0);
    while (sem_clockwait(&semaphore, CLOCK_MONOTONIC, deadline) != 0 && errno == EINTR)
        ;
}

static void wait_mutex(const struct timespec *deadline)
{
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

    pthread_mutex_lock(&mutex); /* an ordinary mutex blocks its own thread, too */
    while (pthread_mutex_clocklock(&mutex, CLOCK_MONOTONIC, deadline) == EINTR)
        ;
}

static void wait_lock(const struct timespec *deadline)
{
    static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;

    pthread_rwlock_rdlock(&lock);
    while (pthread_rwlock_clockwrlock(&lock, CLOCK_MONOTONIC, deadline) == EINTR)
        ;
}

static void wait_sleep(const struct timespec *deadline)
{
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, deadline, NULL) == EINTR)
        ;
}

/* As the libraries of Rust and of C++ wait. */
static void wait_futex(const struct timespec *deadline)
{
    uint32_t word = 0;

    while (syscall(SYS_futex, &word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, 0, deadline, NULL,
                   FUTEX_BITSET_MATCH_ANY) != 0 &&
           errno != ETIMEDOUT)
        ;
}

/* Short waits one after the other, by a clock that is read without the vDSO. */
static void wait_in_steps(const struct timespec *deadline)
{
    struct timespec now;

    do {
        syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
        now.tv_nsec += 10000000;
        if (now.tv_nsec >= 1000000000)
            now.tv_sec++, now.tv_nsec -= 1000000000;
        wait_condition_clock(&now);
    } while (now.tv_sec < deadline->tv_sec ||
             (now.tv_sec == deadline->tv_sec && now.tv_nsec < deadline->tv_nsec));
}

static struct waiter {
    const char *name;
    wait_function *wait;
    pthread_t thread;
    double took;
} waiters[] = {
    {.name = "pthread_cond_timedwait", .wait = wait_condition},
    {.name = "pthread_cond_clockwait", .wait = wait_condition_clock},
    {.name = "sem_clockwait", .wait = wait_semaphore},
    {.name = "pthread_mutex_clocklock", .wait = wait_mutex},
    {.name = "pthread_rwlock_clockwrlock", .wait = wait_lock},
    {.name = "clock_nanosleep", .wait = wait_sleep},
    {.name = "futex", .wait = wait_futex},
    {.name = "steps", .wait = wait_in_steps},
};
#define WAITER_COUNT (sizeof waiters / sizeof *waiters)

static struct timespec deadline;
static double started; /* by the wall clock */
static uint32_t ended;

static double milliseconds(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void *run(void *argument)
{
    struct waiter *waiter = argument;

    waiter->wait(&deadline);
    waiter->took = milliseconds(CLOCK_REALTIME) - started;
    __atomic_add_fetch(&ended, 1, __ATOMIC_SEQ_CST);
    return NULL;
}

static napi_value call_start(napi_env env, napi_callback_info info)
{
    size_t count = 1;
    napi_value argument;
    int64_t delay = 0;

    napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
    napi_get_value_int64(env, argument, &delay);
    started = milliseconds(CLOCK_REALTIME);
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += delay / 1000;
    ended = 0;
    for (size_t i = 0; i < WAITER_COUNT; i++)
        pthread_create(&waiters[i].thread, NULL, run, &waiters[i]);
    return NULL;
}

static napi_value call_results(napi_env env, napi_callback_info info)
{
    napi_value results, took;

    napi_get_null(env, &results);
    if (__atomic_load_n(&ended, __ATOMIC_SEQ_CST) < WAITER_COUNT)
        return results;
    napi_create_object(env, &results);
    for (size_t i = 0; i < WAITER_COUNT; i++) {
        pthread_join(waiters[i].thread, NULL);
        napi_create_double(env, waiters[i].took, &took);
        napi_set_named_property(env, results, waiters[i].name, took);
    }
    return results;
}

NAPI_MODULE_INIT()
{
    const napi_property_descriptor functions[] = {
        {"start", NULL, call_start, NULL, NULL, NULL, napi_default, NULL},
        {"results", NULL, call_results, NULL, NULL, NULL, napi_default, NULL},
    };

    napi_define_properties(env, exports, sizeof functions / sizeof *functions, functions);
    return exports;
}
