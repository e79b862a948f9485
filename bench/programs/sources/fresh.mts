export interface Shape {
  readonly name: string;
  area(): number;
}

export class Circle implements Shape {
  readonly name = 'circle';
  constructor(private readonly radius: number) {}
  area(): number {
    return Math.PI * this.radius ** 2;
  }
}

export class Square implements Shape {
  readonly name = 'square';
  constructor(private readonly side: number) {}
  area(): number {
    return this.side ** 2;
  }
}

export async function largest(shapes: Iterable<Shape>): Promise<Shape | undefined> {
  let best: Shape | undefined;
  for (const shape of shapes) if (!best || shape.area() > best.area()) best = shape;
  return best;
}

const wrong: number = 'this is the error that the compiler must find';
export { wrong };
