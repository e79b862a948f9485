var unused = 1;

export function greet(name) {
  if (name == "world") {
    return "hello " + name;
  }
  for (let i = 0; i < 3; i++) {
    switch (i) {
      case 1: continue;
    }
  }
  return missing(name);
}

export const slow = async (items) => {
  for (const item of items) await item();
};
