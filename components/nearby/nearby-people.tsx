import { useTranslations } from 'next-intl'
import type { Handed } from '../../lib/nearby/nearby.ts'
import type { Person } from '../../lib/protocol/nearby.ts'
import { useNearbyName } from '../../lib/react/nearby/use-nearby.ts'
import { Button } from '../ui/button.tsx'

interface NearbyPeopleProps {
  readonly people: readonly Person[]
  readonly handed: ReadonlyMap<string, Handed>
  /** There is something to hand over. */
  readonly canHand: boolean
  readonly hand: (person: Person) => void
}

/** Who is seen, with a button to hand them what is chosen. */
export function NearbyPeople({ canHand, hand, handed, people }: NearbyPeopleProps) {
  const t = useTranslations('nearby')
  const nameOf = useNearbyName()
  return (
    <div data-people={people.length}>
      <h3 className="font-semibold">{t('people')}</h3>
      {people.length === 0 ? (
        <p className="mt-1 text-muted">{t('nobody', { start: t('start') })}</p>
      ) : (
        <ul className="divide-y divide-line">
          {people.map(person => {
            const was = handed.get(person.id)
            const name = nameOf(person.name)
            return (
              <li
                key={person.id}
                className="flex min-h-16 flex-wrap items-center justify-between gap-x-4 gap-y-2 py-3"
              >
                <span>
                  <span className="font-semibold">{name}</span>
                  <span role="status" data-handed={was ?? 'no'} className="ms-3 text-muted text-sm">
                    {was && t(`handed.${was}`)}
                  </span>
                </span>
                {canHand && (
                  <Button look="primary" disabled={was === 'sending'} onClick={() => hand(person)}>
                    {t('hand', { name })}
                  </Button>
                )}
              </li>
            )
          })}
        </ul>
      )}
    </div>
  )
}
