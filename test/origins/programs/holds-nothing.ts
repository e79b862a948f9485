/** Holds nothing and waits. */
setInterval(() => {}, 1000);
console.log('ready');
