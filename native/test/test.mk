# Host programs that test the part of the native engine that needs no process to be checkpointed.
#
#   make tests      builds them into ../build/native/
#   make fuzz       builds the fuzzer of the image reader and runs it on an image that it makes itself
#   make objects    saves and restores kernel objects within one process
#
# They are ordinary programs with a libc. The sanitizers are used where the compiler has their libraries.

SANITIZERS := $(shell echo 'int main(void) { return 0; }' | \
	$(CC) -fsanitize=address,undefined -x c -o /dev/null - 2>/dev/null && \
	echo -fsanitize=address,undefined -fno-sanitize-recover=all)
HOST_FLAGS := -std=gnu11 -O1 -g $(WARNINGS) $(SANITIZERS) -fno-omit-frame-pointer -MMD -MP
SHARED_SOURCES := image/text.c image/crc32c.c $(wildcard image/check*.c)

$(BUILD)/fuzz-notes: test/fuzz-notes.c test/sample.c $(SHARED_SOURCES)
	@mkdir -p $(@D)
	$(CC) $(HOST_FLAGS) -MT $@ -MF $@.d -o $@.$$$$ $^ && mv $@.$$$$ $@

$(BUILD)/objects-roundtrip: test/objects-roundtrip.c $(SHARED_SOURCES) $(wildcard objects/*.c)
	@mkdir -p $(@D)
	$(CC) $(HOST_FLAGS) -MT $@ -MF $@.d -o $@.$$$$ $^ && mv $@.$$$$ $@

# Addons for a process under test: without the sanitizers, whose libraries Node.js lacks.
$(BUILD)/%.node: test/%.c
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -O1 -g $(WARNINGS) -fPIC -shared -pthread -DNAPI_VERSION=9 -I$(HEADERS) -o $@.$$$$ $^ && mv $@.$$$$ $@

$(BUILD)/v8-random: test/v8-random.c agent/v8-random.c
	@mkdir -p $(@D)
	$(CC) $(HOST_FLAGS) -MT $@ -MF $@.d -o $@.$$$$ $^ && mv $@.$$$$ $@

$(BUILD)/conceal: test/conceal.c agent/conceal.c
	@mkdir -p $(@D)
	$(CC) $(HOST_FLAGS) -MT $@ -MF $@.d -o $@.$$$$ $^ && mv $@.$$$$ $@

# Without the sanitizers, for it reads what lies before blocks of the allocator; what it plays of OpenSSL is looked up in it.
$(BUILD)/random: test/random.c agent/random.c agent/random-pools.c
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -O1 -g $(WARNINGS) -fno-strict-aliasing -rdynamic -MMD -MP -MT $@ -MF $@.d -o $@.$$$$ $^ -ldl && mv $@.$$$$ $@

# Without the sanitizers, whose code would take steps of its own.
$(BUILD)/clock: test/clock.c agent/patch.c arch/x86_64/agent-context.S image/machine-clock.c image/text.c | agent/clock.c
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -O1 -g $(WARNINGS) -fno-strict-aliasing -MMD -MP -MT $@ -MF $@.d -o $@.$$$$ $^ && mv $@.$$$$ $@

tests: $(BUILD)/fuzz-notes $(BUILD)/objects-roundtrip $(BUILD)/waits.node $(BUILD)/guards.node $(BUILD)/foreign-random.node $(BUILD)/fork.node $(BUILD)/edges.node $(BUILD)/v8-random $(BUILD)/random $(BUILD)/clock $(BUILD)/conceal

fuzz: $(BUILD)/fuzz-notes
	$(BUILD)/fuzz-notes

objects: $(BUILD)/objects-roundtrip
	$(BUILD)/objects-roundtrip

-include $(BUILD)/fuzz-notes.d $(BUILD)/objects-roundtrip.d $(BUILD)/random.d $(BUILD)/clock.d $(BUILD)/conceal.d
.PHONY: tests fuzz objects
