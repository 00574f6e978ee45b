/** Where an item is; -1 when in no list. */
interface Placed {
  at: number
}

/** A list in two parts, of which a random item, or one of the front, is found by its index. Every change takes constant time. */
export class Partition<Item extends Placed> {
  #items: Item[] = []
  /** Number of items in front. */
  front = 0

  /** Those in front, then the others, each part in no order. */
  get items(): readonly Item[] {
    return this.#items
  }

  get size(): number {
    return this.#items.length
  }

  addBehind(item: Item): void {
    // A literal takes the room of one item, a first `push` that of seventeen; most networks have one peer.
    if (this.#items.length === 0) this.#items = [item]
    else this.#items.push(item)
    item.at = this.#items.length - 1
  }

  addInFront(item: Item): void {
    this.addBehind(item)
    this.moveInFront(item)
  }

  /** An item of this list. */
  moveInFront(item: Item): void {
    if (item.at < this.front) return
    this.#swap(item.at, this.front)
    this.front += 1
  }

  /** An item of this list. */
  moveBehind(item: Item): void {
    if (item.at >= this.front) return
    this.front -= 1
    this.#swap(item.at, this.front)
  }

  /** An item of this list. */
  remove(item: Item): void {
    this.moveBehind(item)
    this.#swap(item.at, this.#items.length - 1)
    this.#items.pop()
    item.at = -1
  }

  #swap(a: number, b: number): void {
    const first = this.#items[a]
    const second = this.#items[b]
    if (a === b || first === undefined || second === undefined) return
    this.#items[a] = second
    this.#items[b] = first
    second.at = a
    first.at = b
  }
}
